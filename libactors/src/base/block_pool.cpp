#include "base/block_pool.hpp"

#include <new>

#include "base/limits.hpp"

namespace millrace {

/// Never destroyed: a block may be freed by a thread that outlives main().
block_pool& block_pool::only() {
  static auto& pool = *new block_pool;  // NOLINT(cppcoreguidelines-owning-memory)
  return pool;
}

void* block_pool::take(std::size_t size) {
  if (size == limits::block_size) {
    auto& pool = only();
    std::scoped_lock lock{pool.mutex_};
    if (!pool.free_.empty()) {
      auto* block = pool.free_.back();
      pool.free_.pop_back();
      return block;
    }
  }
  return ::operator new(size);
}

void block_pool::give(void* block, std::size_t size) {
  if (size == limits::block_size) {
    auto& pool = only();
    std::scoped_lock lock{pool.mutex_};
    if (pool.free_.size() < limits::free_blocks_max) return pool.free_.push_back(block);
  }
  ::operator delete(block);
}

void block_pool::trim() {
  std::vector<void*> freed;
  {
    auto& pool = only();
    std::scoped_lock lock{pool.mutex_};
    while (pool.free_.size() > limits::blocks_kept_idle) {
      freed.push_back(pool.free_.back());
      pool.free_.pop_back();
    }
  }
  for (auto* block : freed) ::operator delete(block);
}

std::size_t block_pool::free_blocks() {
  auto& pool = only();
  std::scoped_lock lock{pool.mutex_};
  return pool.free_.size();
}

}  // namespace millrace
