#include "base/text_hash.hpp"

#include <bit>
#include <cstring>

namespace millrace {
namespace {

constexpr std::uint64_t factor = 0x9e3779b97f4a7c15u;

std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

template <class Word>
std::uint64_t word_at(const char* from) {
  Word word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// All of a text of up to eight bytes: read in words, which may overlap.
std::uint64_t few_at(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.size() >= 4) {
    return word_at<std::uint32_t>(text.data()) << 32 | word_at<std::uint32_t>(end - 4);
  }
  std::uint64_t word = 0;
  for (const char each : text) word = word << 8 | static_cast<std::uint8_t>(each);
  return word;
}

}  // namespace

/// Of the last words of a long text, which may overlap, the size tells what is there twice.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = text.size() * factor;
  if (text.size() < 8) return mixed((hash ^ few_at(text)) * factor);
  const char* const last = text.data() + text.size() - 8;
  for (const char* at = text.data(); at < last; at += 8) {
    hash = std::rotl((hash ^ word_at<std::uint64_t>(at)) * factor, 29);
  }
  return mixed((hash ^ word_at<std::uint64_t>(last)) * factor);
}

}  // namespace millrace
