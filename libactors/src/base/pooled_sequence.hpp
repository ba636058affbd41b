/// Objects by number, close together, none of which ever moves.
#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include "base/block_pool.hpp"
#include "base/limits.hpp"

namespace millrace {

/// Grows at its end, and is emptied as a whole. In blocks of the pool, so that who visits objects
/// in no order finds them on few pages; so the first one takes a block. One thread.
template <class Object>
class pooled_sequence {
 public:
  pooled_sequence() = default;
  pooled_sequence(const pooled_sequence&) = delete;
  pooled_sequence& operator=(const pooled_sequence&) = delete;
  ~pooled_sequence() { clear(); }

  template <class... Arguments>
  Object& emplace_back(Arguments&&... from) {
    if (size_ == blocks_.size() * of_block) blocks_.push_back(take_from_pool(limits::block_size));
    auto* const made = new (place(size_)) Object{std::forward<Arguments>(from)...};
    ++size_;
    return *made;
  }
  void clear() {
    for (; size_ > 0; --size_) (*this)[size_ - 1].~Object();
    blocks_.clear();
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Object& operator[](std::size_t i) { return *static_cast<Object*>(place(i)); }
  [[nodiscard]] const Object& operator[](std::size_t i) const {
    return *static_cast<const Object*>(place(i));
  }

 private:
  static constexpr std::size_t of_block = limits::block_size / sizeof(Object);
  static_assert(of_block > 0);

  [[nodiscard]] void* place(std::size_t i) const {
    return blocks_[i / of_block].get() + i % of_block * sizeof(Object);
  }

  std::vector<pooled_bytes> blocks_;
  std::size_t size_ = 0;
};

}  // namespace millrace
