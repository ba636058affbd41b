/// A std::ostream that hands its text on.
#pragma once

#include <array>
#include <functional>
#include <streambuf>
#include <string_view>

namespace millrace {

/// Hands on what was written when it is full, and when the stream is flushed. One thread.
class text_buffer : public std::streambuf {
 public:
  /// False: it takes nothing more, and the stream is bad from then on.
  using taker = std::function<bool(std::string_view)>;
  explicit text_buffer(taker take) : take_(std::move(take)) {
    setp(room_.data(), room_.data() + room_.size());
  }

 protected:
  int_type overflow(int_type next) override {
    if (sync() != 0) return traits_type::eof();
    if (traits_type::eq_int_type(next, traits_type::eof())) return traits_type::not_eof(next);
    return sputc(traits_type::to_char_type(next));
  }
  int sync() override {
    const std::string_view text{pbase(), static_cast<std::size_t>(pptr() - pbase())};
    const bool taken = text.empty() || take_(text);
    setp(room_.data(), room_.data() + room_.size());
    return taken ? 0 : -1;
  }

 private:
  taker take_;
  std::array<char, 16u << 10> room_;
};

}  // namespace millrace
