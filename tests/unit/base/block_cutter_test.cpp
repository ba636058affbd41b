#include "base/block_cutter.hpp"

#include <catch2/catch.hpp>

#include <cstdint>

#include "base/limits.hpp"

using namespace millrace;

TEST_CASE("pieces follow each other in a block, aligned, until it is full") {
  block_cutter cutter;
  const char* const first = cutter.cut(1);
  const auto block = cutter.owner();
  const char* const second = cutter.cut(3);
  CHECK(second == first + alignof(std::max_align_t));
  CHECK(cutter.owner() == block);
  CHECK(reinterpret_cast<std::uintptr_t>(first) % alignof(std::max_align_t) == 0);
  static_cast<void>(cutter.cut(limits::block_size));
  CHECK(cutter.owner() != block);
}

TEST_CASE("what is larger than a block lies by itself, and the block is gone on with") {
  block_cutter cutter;
  static_cast<void>(cutter.cut(16));
  const auto block = cutter.owner();
  cutter.cut(limits::block_size + 1)[limits::block_size] = 'x';
  CHECK(cutter.owner() != block);
  static_cast<void>(cutter.cut(16));
  CHECK(cutter.owner() == block);
}

TEST_CASE("a block goes back to the pool when its last holder lets go") {
  block_pool::trim();
  const auto before = block_pool::free_blocks();
  std::shared_ptr<char[]> held;
  {
    block_cutter cutter;
    static_cast<void>(cutter.cut(limits::block_size));
    held = cutter.owner();
    static_cast<void>(cutter.cut(limits::block_size));
  }
  const auto while_held = block_pool::free_blocks();
  held.reset();
  CHECK(block_pool::free_blocks() == while_held + 1);
  CHECK(while_held + 1 >= before);
}
