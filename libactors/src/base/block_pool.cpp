#include "base/block_pool.hpp"

#include <sys/mman.h>

#include <bit>
#include <new>

#include "base/limits.hpp"

namespace millrace {
namespace {

constexpr std::size_t blocks_of_chunk = block_pool::chunk_size / limits::block_size;
constexpr std::uint32_t all_free = (1u << blocks_of_chunk) - 1;
constexpr std::size_t free_chunks_max = limits::free_blocks_max / blocks_of_chunk / 2;

static_assert(blocks_of_chunk * limits::block_size == block_pool::chunk_size);
static_assert(blocks_of_chunk < 32);

/// Aligned to its size, so that it can be one page, and that a block tells its chunk.
char* map_chunk() {
  constexpr auto size = block_pool::chunk_size;
  void* const room = ::mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) throw std::bad_alloc{};
  auto* const begin = static_cast<char*>(room);
  const auto before = (size - reinterpret_cast<std::uintptr_t>(begin) % size) % size;
  if (before > 0) ::munmap(begin, before);
  ::munmap(begin + before + size, size - before);
  (void)::madvise(begin + before, size, MADV_HUGEPAGE);  // not everywhere: then small ones do
  return begin + before;
}

char* chunk_of(char* block) {
  return block - reinterpret_cast<std::uintptr_t>(block) % block_pool::chunk_size;
}

}  // namespace

/// Never destroyed: a block may be freed by a thread that outlives main().
block_pool& block_pool::only() {
  static auto& pool = *new block_pool;  // NOLINT(cppcoreguidelines-owning-memory)
  return pool;
}

void* block_pool::take(std::size_t size) {
  if (size == limits::block_size) return only().take_block();
  if (size == chunk_size) {
    std::scoped_lock lock{only().mutex_};
    return only().take_chunk();
  }
  return ::operator new(size);
}

void block_pool::give(void* block, std::size_t size) {
  auto* const memory = static_cast<char*>(block);
  if (size == limits::block_size) return only().give_block(memory);
  if (size == chunk_size) {
    std::scoped_lock lock{only().mutex_};
    return only().give_chunk(memory);
  }
  ::operator delete(block);
}

void* block_pool::take_block() {
  std::scoped_lock lock{mutex_};
  if (cut_.empty()) {
    cut_.emplace(static_cast<char*>(take_chunk()), all_free);
    free_blocks_ += blocks_of_chunk;
  }
  auto& [chunk, free] = *cut_.begin();
  auto* const block = chunk + static_cast<std::size_t>(std::countr_zero(free)) * limits::block_size;
  free &= free - 1;
  if (free == 0) cut_.erase(cut_.begin());
  --free_blocks_;
  return block;
}

void block_pool::give_block(char* block) {
  std::scoped_lock lock{mutex_};
  auto* const chunk = chunk_of(block);
  auto& free = cut_[chunk];
  free |= 1u << static_cast<std::size_t>(block - chunk) / limits::block_size;
  ++free_blocks_;
  if (free == all_free && free_blocks_ > limits::free_blocks_max) {
    give_up_chunks(limits::free_blocks_max);
  }
}

/// Under the mutex, as what follows.
void* block_pool::take_chunk() {
  if (chunks_.empty()) return map_chunk();
  auto* const chunk = chunks_.back();
  chunks_.pop_back();
  return chunk;
}

void block_pool::give_chunk(char* chunk) {
  if (chunks_.size() < free_chunks_max) return chunks_.push_back(chunk);
  ::munmap(chunk, chunk_size);
}

/// Those at the end of the order go first.
void block_pool::give_up_chunks(std::size_t blocks_left) {
  for (auto next = cut_.end(); next != cut_.begin() && free_blocks_ > blocks_left;) {
    --next;
    if (next->second != all_free) continue;
    ::munmap(next->first, chunk_size);
    free_blocks_ -= blocks_of_chunk;
    next = cut_.erase(next);
  }
}

void block_pool::trim() {
  auto& pool = only();
  std::scoped_lock lock{pool.mutex_};
  pool.give_up_chunks(limits::blocks_kept_idle);
  for (auto* chunk : pool.chunks_) ::munmap(chunk, chunk_size);
  pool.chunks_.clear();
}

std::size_t block_pool::free_blocks() {
  auto& pool = only();
  std::scoped_lock lock{pool.mutex_};
  return pool.free_blocks_;
}

}  // namespace millrace
