#include "wire/json_syntax.hpp"

#include <cstdint>
#include <cstring>

#include "base/utf8.hpp"

namespace millrace {
namespace {

constexpr std::size_t digits_max = 100;
constexpr std::size_t exponent_digits_max = 2;

/// Which of eight bytes are `"`, `\`, below a space, or not ASCII: 0 when none is.
std::uint64_t special_in(std::uint64_t eight) {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
  constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;
  const auto zero_in = [](std::uint64_t x) { return (x - ones) & ~x; };
  const auto quote = zero_in(eight ^ (ones * '"'));
  const auto escape = zero_in(eight ^ (ones * '\\'));
  const auto control = eight - ones * ' ';  // right below 0x80, and above that is special anyway
  return (quote | escape | control | eight) & high_bits;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Walks over one text. Every function leaves `at_` after what it took, and says whether it could.
class walk {
 public:
  explicit walk(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool whole() {
    if (!value()) return false;
    while (depth_ > 0) {
      if (!after_value()) return false;
    }
    skip_space();
    return at_ == end_;
  }

 private:
  [[nodiscard]] char look() const { return at_ == end_ ? '\0' : *at_; }
  bool take(char c) {
    if (look() != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (look() == ' ' || look() == '\n' || look() == '\t' || look() == '\r') ++at_;
  }

  /// A value, or the beginning of one: of an array or an object as far as its first value, or all
  /// of it when it is empty.
  bool value() {
    while (true) {
      skip_space();
      switch (look()) {
        case '{':
          ++at_;
          skip_space();
          if (take('}')) return true;
          if (!open(true) || !name()) return false;
          break;
        case '[':
          ++at_;
          skip_space();
          if (take(']')) return true;
          if (!open(false)) return false;
          break;
        case '"': return string();
        case 't': return word("true");
        case 'f': return word("false");
        case 'n': return word("null");
        default: return number();
      }
    }
  }
  /// Within an array or an object.
  bool after_value() {
    skip_space();
    const bool in_object = (objects_ & 1) != 0;
    if (take(',')) {
      skip_space();
      return (!in_object || name()) && value();
    }
    if (!take(in_object ? '}' : ']')) return false;
    objects_ >>= 1;
    --depth_;
    return true;
  }
  bool open(bool object) {
    if (depth_ == 64) return false;
    ++depth_;
    objects_ = objects_ << 1 | (object ? 1 : 0);
    return true;
  }
  bool name() {
    if (!string()) return false;
    skip_space();
    return take(':');
  }

  bool word(std::string_view text) {
    if (static_cast<std::size_t>(end_ - at_) < text.size()) return false;
    if (std::memcmp(at_, text.data(), text.size()) != 0) return false;
    at_ += text.size();
    return true;
  }

  std::size_t digits() {
    const auto* const begin = at_;
    while (is_digit(look())) ++at_;
    return static_cast<std::size_t>(at_ - begin);
  }
  bool number() {
    take('-');
    if (!take('0')) {
      const auto whole = digits();
      if (whole == 0 || whole > digits_max) return false;
    }
    if (take('.') && digits() == 0) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    const auto exponent = digits();
    return exponent > 0 && exponent <= exponent_digits_max;
  }

  bool string() {
    if (!take('"')) return false;
    while (true) {
      skip_plain();
      const char c = look();
      if (take('"')) return true;
      if (take('\\')) {
        if (!escape()) return false;
      } else if (static_cast<std::uint8_t>(c) < 0x80) {
        return false;  // a control character, or the end
      } else {
        const auto size = utf8_character_size({at_, static_cast<std::size_t>(end_ - at_)});
        if (size == 0) return false;
        at_ += size;
      }
    }
  }
  void skip_plain() {
    while (end_ - at_ >= 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, at_, sizeof eight);
      if (special_in(eight) != 0) break;
      at_ += sizeof eight;
    }
    while (at_ != end_ && is_plain(*at_)) ++at_;
  }
  static bool is_plain(char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte >= ' ' && byte < 0x80 && c != '"' && c != '\\';
  }
  bool escape() {
    if (take('u')) return unicode();
    const char c = look();
    if (c == '\0' || std::strchr("\"\\/bfnrt", c) == nullptr) return false;
    ++at_;
    return true;
  }
  /// After `\u`. Halves of a pair only as a pair.
  bool unicode() {
    const auto first = four_digits();
    if (first < 0xD800 || (first > 0xDFFF && first <= 0xFFFF)) return true;
    if (first > 0xDBFF || !take('\\') || !take('u')) return false;
    const auto second = four_digits();
    return second >= 0xDC00 && second <= 0xDFFF;
  }
  /// More than 0xFFFF: they are not there.
  std::uint32_t four_digits() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = look();
      const char lower = static_cast<char>(c | 0x20);
      if (is_digit(c)) {
        value = value * 16 + static_cast<std::uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        value = value * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
      } else {
        return 0x10000;
      }
      ++at_;
    }
    return value;
  }

  const char* at_;
  const char* end_;
  std::uint64_t objects_ = 0;  // a bit for each level, the innermost lowest: an object, no array
  int depth_ = 0;
};

}  // namespace

bool is_plain_json(std::string_view text) { return walk{text}.whole(); }

}  // namespace millrace
