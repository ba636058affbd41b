/// Memory that is filled on one thread and let go on another.
#pragma once

#include <cstddef>
#include <memory>

#include "base/block_pool.hpp"

namespace millrace {

/// Cuts blocks of the pool up, one piece after the other. One thread at a time; pieces are never
/// moved, and live as long as their owner is held.
class block_cutter {
 public:
  /// `size` bytes, aligned as any type wants it. What is larger than a block has one of its own.
  [[nodiscard]] char* cut(std::size_t size);
  /// Of the piece that was cut last.
  [[nodiscard]] const std::shared_ptr<char[]>& owner() const { return owner_; }

 private:
  std::shared_ptr<char[]> block_;
  std::shared_ptr<char[]> owner_;
  std::size_t used_ = 0;
};

}  // namespace millrace
