#include "base/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace millrace {
namespace {

/// Eight at once: most text is ASCII.
std::string_view without_plain_front(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), sizeof eight);
    if ((eight & high_bits) != 0) break;
    text.remove_prefix(sizeof eight);
  }
  return text;
}

}  // namespace

/// RFC 3629, section 4.
std::size_t utf8_character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto follows = [&](std::size_t i, std::uint8_t low = 0x80, std::uint8_t high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const std::uint8_t low = first == 0xE0 ? 0xA0 : 0x80;
    const std::uint8_t high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const std::uint8_t low = first == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  for (text = without_plain_front(text); !text.empty(); text = without_plain_front(text)) {
    const auto size = utf8_character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string to_utf8(std::string_view text, std::size_t size_max) {
  std::string kept;
  kept.reserve(std::min(text.size(), size_max));
  while (!text.empty()) {
    const auto size = utf8_character_size(text);
    const auto taken = std::max<std::size_t>(size, 1);
    if (kept.size() + taken > size_max) break;
    if (size == 0) {
      kept.push_back('?');
    } else {
      kept.append(text.substr(0, size));
    }
    text.remove_prefix(taken);
  }
  return kept;
}

}  // namespace millrace
