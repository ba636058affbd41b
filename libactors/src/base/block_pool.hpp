/// Memory of what passes through in large numbers, used again: windows, and what is appended.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace millrace {

/// Free blocks of limits::block_size; other sizes go to the allocator. While the router is behind,
/// windows fill and free a hundred megabytes several times a second, and to have the system map and
/// clear them each time costs more than to decode what goes in; and what one thread allocates and
/// another frees makes glibc give memory back all the time. One in a process, since Protobuf's
/// arenas know plain functions only. Any thread.
class block_pool {
 public:
  /// Of what `size` gives back to give().
  [[nodiscard]] static void* take(std::size_t size);
  static void give(void* block, std::size_t size);
  /// Frees what is free but for limits::blocks_kept_idle: for when nothing is behind any more.
  static void trim();
  [[nodiscard]] static std::size_t free_blocks();

 private:
  static block_pool& only();

  std::mutex mutex_;
  std::vector<void*> free_;
};

}  // namespace millrace
