#include "base/block_pool.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

#include "base/limits.hpp"

using namespace millrace;

namespace {

std::vector<void*> take(std::size_t count) {
  std::vector<void*> taken;
  for (std::size_t i = 0; i < count; ++i) taken.push_back(block_pool::take(limits::block_size));
  return taken;
}
void give(const std::vector<void*>& blocks) {
  for (auto* each : blocks) block_pool::give(each, limits::block_size);
}

}  // namespace

TEST_CASE("a block that was given back is taken again, and any other size is nobody's") {
  give(take(1));
  const auto before = block_pool::free_blocks();
  auto* block = block_pool::take(limits::block_size);
  CHECK(block_pool::free_blocks() == before - 1);
  block_pool::give(block, limits::block_size);
  CHECK(block_pool::free_blocks() == before);
  auto* other = block_pool::take(1000);
  CHECK(block_pool::free_blocks() == before);
  block_pool::give(other, 1000);
  CHECK(block_pool::free_blocks() == before);
  CHECK(block_pool::take(limits::block_size) == block);
  block_pool::give(block, limits::block_size);
}

TEST_CASE("no more blocks are kept than the bound says, and few when nothing is behind") {
  give(take(limits::free_blocks_max + 3));
  CHECK(block_pool::free_blocks() == limits::free_blocks_max);
  block_pool::trim();
  CHECK(block_pool::free_blocks() == limits::blocks_kept_idle);
}

TEST_CASE("chunks in a row are taken again by whoever wants as many") {
  constexpr auto four = 4 * block_pool::chunk_size;
  block_pool::trim();
  auto* first = block_pool::take(four);
  static_cast<char*>(first)[four - 1] = 'x';
  block_pool::give(first, four);
  auto* one = block_pool::take(block_pool::chunk_size);
  CHECK(one != first);
  CHECK(block_pool::take(four) == first);
  block_pool::give(first, four);
  block_pool::give(one, block_pool::chunk_size);
}

TEST_CASE("chunks in a row serve who wants fewer, and are in a row again when all are back") {
  constexpr auto one = block_pool::chunk_size;
  const bool lower_first = GENERATE(false, true);
  block_pool::trim();
  auto* row = static_cast<char*>(block_pool::take(4 * one));
  block_pool::give(row, 4 * one);
  auto* upper = static_cast<char*>(block_pool::take(3 * one));
  auto* lower = static_cast<char*>(block_pool::take(one));
  CHECK((lower == row && upper == row + one));
  if (lower_first) block_pool::give(lower, one);
  block_pool::give(upper, 3 * one);
  if (!lower_first) block_pool::give(lower, one);
  CHECK(block_pool::take(4 * one) == row);
  block_pool::give(row, 4 * one);
}

TEST_CASE("a long row is cut for anybody when it is most of what is kept") {
  constexpr auto one = block_pool::chunk_size;
  constexpr auto most = (limits::free_chunks_max / 2 + 1) * one;
  block_pool::trim();
  auto* row = static_cast<char*>(block_pool::take(most));
  block_pool::give(row, most);
  auto* cut = static_cast<char*>(block_pool::take(one));
  CHECK(cut == row + most - one);
  block_pool::give(cut, one);
  block_pool::trim();
}

TEST_CASE("a large vector lies in chunks, and a small one where any vector does") {
  block_pool::trim();
  std::vector<int, pooled_allocator<int>> large(block_pool::chunk_size / sizeof(int));
  CHECK(reinterpret_cast<std::uintptr_t>(large.data()) % block_pool::chunk_size == 0);
  std::vector<int, pooled_allocator<int>> small(10);
  CHECK(reinterpret_cast<std::uintptr_t>(small.data()) % block_pool::chunk_size != 0);
}
