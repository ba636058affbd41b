#include "base/block_pool.hpp"

#include <catch2/catch.hpp>

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
