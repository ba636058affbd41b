/// Memory of what passes through in large numbers, used again: windows, what is appended, lines of
/// an import.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

namespace millrace {

/// Free blocks of limits::block_size, and free chunks, of which blocks are cut, and which are also
/// taken whole, one or several in a row, of the shortest row that is free and long enough; other
/// sizes go to the allocator. While the router is
/// behind, windows fill and free a hundred megabytes several times a second, and to have the system
/// map and clear them each time costs more than to decode what goes in; and what one thread
/// allocates and another frees makes glibc give memory back all the time. A chunk is a huge page
/// where the system has them: the first touch of memory costs more than anything that is done with
/// it afterwards. One in a process, since Protobuf's arenas know plain functions only. Any thread.
class block_pool {
 public:
  static constexpr std::size_t chunk_size = std::size_t{2} << 20;

  /// Of what `size` gives back to give().
  [[nodiscard]] static void* take(std::size_t size);
  /// What to ask for instead, so that it comes from the pool where that wastes little: at least
  /// `size`.
  [[nodiscard]] static std::size_t room_for(std::size_t size);
  static void give(void* block, std::size_t size);
  /// Frees what is free but for limits::blocks_kept_idle, as far as whole chunks are: for when
  /// nothing is behind any more.
  static void trim();
  [[nodiscard]] static std::size_t free_blocks();

 private:
  static block_pool& only();
  void* take_block();
  void give_block(char* block);
  void* take_chunks(std::size_t size);
  void give_chunks(char* chunks, std::size_t size);
  void give_up_chunks(std::size_t blocks_left);

  std::mutex mutex_;  // guards what follows
  // Chunks that were cut and of which a block is free: a bit for each such block. Taken from the
  // lowest address on, so that those at the other end become whole again.
  std::map<char*, std::uint32_t> cut_;
  std::size_t free_blocks_ = 0;
  std::map<char*, std::size_t> runs_;  // of whole chunks, free, and their sizes
  std::size_t free_size_ = 0;
};

/// For vectors that are large for a while.
template <class Value>
struct pooled_allocator {
  using value_type = Value;
  pooled_allocator() = default;
  template <class Other>
  pooled_allocator(const pooled_allocator<Other>& /*of another type*/) {}  // NOLINT: implicit

  [[nodiscard]] Value* allocate(std::size_t count) {
    return static_cast<Value*>(block_pool::take(block_pool::room_for(count * sizeof(Value))));
  }
  void deallocate(Value* memory, std::size_t count) {
    block_pool::give(memory, block_pool::room_for(count * sizeof(Value)));
  }
  friend bool operator==(const pooled_allocator&, const pooled_allocator&) { return true; }
};

/// Memory of the pool; empty: none.
struct give_to_pool {
  std::size_t size = 0;
  void operator()(char* memory) const { block_pool::give(memory, size); }
};
using pooled_bytes = std::unique_ptr<char[], give_to_pool>;

[[nodiscard]] inline pooled_bytes take_from_pool(std::size_t size) {
  return pooled_bytes{static_cast<char*>(block_pool::take(size)), give_to_pool{size}};
}

}  // namespace millrace
