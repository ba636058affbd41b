/// Room for many short texts: freed all at once, never moved.
#pragma once

#include <cstring>
#include <string_view>
#include <vector>

#include "base/block_pool.hpp"
#include "base/limits.hpp"

namespace millrace {

/// Views stay valid until the arena goes, also when it is moved. One thread.
class text_arena {
 public:
  /// Room for `size` bytes; what of it is not used stays unused.
  [[nodiscard]] char* room(std::size_t size) {
    if (size > left_) grow(size);
    char* const taken = next_;
    next_ += size;
    left_ -= size;
    return taken;
  }
  [[nodiscard]] std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* const to = room(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

 private:
  void grow(std::size_t wanted) {
    left_ = wanted > limits::block_size ? wanted : limits::block_size;
    blocks_.push_back(take_from_pool(left_));
    next_ = blocks_.back().get();
  }

  std::vector<pooled_bytes> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace millrace
