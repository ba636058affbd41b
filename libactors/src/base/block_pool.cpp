#include "base/block_pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <new>

#include "base/limits.hpp"

namespace millrace {
namespace {

constexpr std::size_t blocks_of_chunk = block_pool::chunk_size / limits::block_size;
constexpr std::uint32_t all_free = (1u << blocks_of_chunk) - 1;
constexpr std::size_t free_size_max = limits::free_chunks_max * block_pool::chunk_size;

static_assert(blocks_of_chunk * limits::block_size == block_pool::chunk_size);
static_assert(blocks_of_chunk < 32);

/// Aligned, so that each chunk can be one page, and that a block tells its chunk.
char* map_chunks(std::size_t size) {
  constexpr auto chunk = block_pool::chunk_size;
  void* const room = ::mmap(nullptr, size + chunk, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) throw std::bad_alloc{};
  auto* const begin = static_cast<char*>(room);
  const auto before = (chunk - reinterpret_cast<std::uintptr_t>(begin) % chunk) % chunk;
  if (before > 0) ::munmap(begin, before);
  ::munmap(begin + before + size, chunk - before);
  (void)::madvise(begin + before, size, MADV_HUGEPAGE);  // not everywhere: then small ones do
  return begin + before;
}

bool is_of_chunks(std::size_t size) { return size > 0 && size % block_pool::chunk_size == 0; }

char* chunk_of(char* block) {
  return block - reinterpret_cast<std::uintptr_t>(block) % block_pool::chunk_size;
}

}  // namespace

/// Never destroyed: a block may be freed by a thread that outlives main().
block_pool& block_pool::only() {
  static auto& pool = *new block_pool;  // NOLINT(cppcoreguidelines-owning-memory)
  return pool;
}

std::size_t block_pool::room_for(std::size_t size) {
  if (size >= chunk_size / 2) return (size + chunk_size - 1) / chunk_size * chunk_size;
  return size > limits::block_size / 4 && size <= limits::block_size ? limits::block_size : size;
}

void* block_pool::take(std::size_t size) {
  if (size == limits::block_size) return only().take_block();
  if (is_of_chunks(size)) {
    std::scoped_lock lock{only().mutex_};
    return only().take_chunks(size);
  }
  return ::operator new(size);
}

void block_pool::give(void* block, std::size_t size) {
  auto* const memory = static_cast<char*>(block);
  if (size == limits::block_size) return only().give_block(memory);
  if (is_of_chunks(size)) {
    std::scoped_lock lock{only().mutex_};
    return only().give_chunks(memory, size);
  }
  ::operator delete(block);
}

void* block_pool::take_block() {
  std::scoped_lock lock{mutex_};
  if (cut_.empty()) {
    cut_.emplace(static_cast<char*>(take_chunks(chunk_size)), all_free);
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

/// Under the mutex, as what follows. Of the smallest run that is long enough the end. One that is
/// more than twice as long stays whole for those who want as many chunks as were once in a row,
/// unless such runs are most of what is kept.
void* block_pool::take_chunks(std::size_t size) {
  const auto longest = free_size_ > free_size_max / 2 ? free_size_ : 2 * size;
  auto found = runs_.end();
  for (auto next = runs_.begin(); next != runs_.end(); ++next) {
    const bool is_better = found == runs_.end() || next->second < found->second;
    if (next->second >= size && next->second <= longest && is_better) found = next;
  }
  if (found == runs_.end()) return map_chunks(size);
  free_size_ -= size;
  found->second -= size;
  auto* const taken = found->first + found->second;
  if (found->second == 0) runs_.erase(found);
  return taken;
}

/// Runs that lie side by side become one.
void block_pool::give_chunks(char* chunks, std::size_t size) {
  if (free_size_ + size > free_size_max) {
    ::munmap(chunks, size);
    return;
  }
  free_size_ += size;
  auto next = runs_.lower_bound(chunks);
  if (next != runs_.end() && chunks + size == next->first) {
    size += next->second;
    next = runs_.erase(next);
  }
  if (next != runs_.begin()) {
    auto& before = *std::prev(next);
    if (before.first + before.second == chunks) {
      before.second += size;
      return;
    }
  }
  runs_.emplace_hint(next, chunks, size);
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
  std::map<char*, std::size_t> runs;  // unmapping takes a while, and others want blocks
  {
    std::scoped_lock lock{pool.mutex_};
    pool.give_up_chunks(limits::blocks_kept_idle);
    runs.swap(pool.runs_);
    pool.free_size_ = 0;
  }
  for (const auto& [begin, size] : runs) ::munmap(begin, size);
}

std::size_t block_pool::free_blocks() {
  auto& pool = only();
  std::scoped_lock lock{pool.mutex_};
  return pool.free_blocks_;
}

}  // namespace millrace
