#include "wire/block_pool.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace millrace;

TEST_CASE("a block that was given back is taken again, and any other size is nobody's") {
  block_pool::trim();
  auto* block = block_pool::take(block_pool::block_size);
  block_pool::give(block, block_pool::block_size);
  CHECK(block_pool::free_blocks() == 1);
  auto* other = block_pool::take(1000);
  CHECK(block_pool::free_blocks() == 1);
  CHECK(block_pool::take(block_pool::block_size) == block);
  CHECK(block_pool::free_blocks() == 0);
  block_pool::give(block, block_pool::block_size);
  block_pool::give(other, 1000);
  CHECK(block_pool::free_blocks() == 1);
  block_pool::trim();
  CHECK(block_pool::free_blocks() == 0);
}

TEST_CASE("no more blocks are kept than the bound says") {
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < block_pool::free_max + 3; ++i) {
    blocks.push_back(block_pool::take(block_pool::block_size));
  }
  for (auto* each : blocks) block_pool::give(each, block_pool::block_size);
  CHECK(block_pool::free_blocks() == block_pool::free_max);
  block_pool::trim();
}
