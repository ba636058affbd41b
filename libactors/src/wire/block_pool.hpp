/// Memory of windows, used again: while the router is behind it fills and frees a hundred megabytes
/// several times a second, and to have the system map and clear them each time costs more than to
/// decode what goes in.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace millrace {

/// Free blocks of one size; other sizes go to the allocator. One in a process, since arenas know
/// plain functions only. Any thread.
class block_pool {
 public:
  static constexpr std::size_t block_size = 128u << 10;
  static constexpr std::size_t free_max = 1024;  ///< blocks: one window of many small events

  static void* take(std::size_t size);
  static void give(void* block, std::size_t size);
  /// Frees what is free: for when nothing is behind any more.
  static void trim();
  [[nodiscard]] static std::size_t free_blocks();

 private:
  static block_pool& only();

  std::mutex mutex_;
  std::vector<void*> free_;
};

}  // namespace millrace
