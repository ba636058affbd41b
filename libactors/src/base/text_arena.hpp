/// Room for many short texts: freed all at once, never moved.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

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
  static constexpr std::size_t block_size = std::size_t{256} << 10;

  void grow(std::size_t wanted) {
    left_ = wanted > block_size ? wanted : block_size;
    blocks_.push_back(std::unique_ptr<char[]>{new char[left_]});
    next_ = blocks_.back().get();
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace millrace
