#include "base/sip_hash.hpp"

#include <bit>
#include <charconv>
#include <cstring>

#include "base/chance.hpp"

namespace millrace {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie");

struct sip_state {
  std::uint64_t a, b, c, d;

  explicit sip_state(const sip_key& key)
      : a(key.first ^ 0x736f6d6570736575u),
        b(key.second ^ 0x646f72616e646f6du ^ 0xee),
        c(key.first ^ 0x6c7967656e657261u),
        d(key.second ^ 0x7465646279746573u) {}

  void round() {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  }
  void take(std::uint64_t word) {
    d ^= word;
    round();
    round();
    a ^= word;
  }
  std::uint64_t finish() {
    for (int i = 0; i < 4; ++i) round();
    return a ^ b ^ c ^ d;
  }
};

}  // namespace

sip_key sip_key::secret() {
  const auto name = chance_name();
  const auto* const half = name.data() + name.size() / 2;
  sip_key made;
  std::from_chars(name.data(), half, made.first, 16);
  std::from_chars(half, name.data() + name.size(), made.second, 16);
  return made;
}

sip_value sip_hash(const sip_key& key, std::string_view text) {
  constexpr std::size_t word_size = sizeof(std::uint64_t);
  sip_state state{key};
  const auto last = static_cast<std::uint64_t>(text.size()) << 56;
  for (; text.size() >= word_size; text.remove_prefix(word_size)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), word_size);
    state.take(word);
  }
  std::uint64_t rest = 0;
  if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
  state.take(last | rest);
  state.c ^= 0xee;
  sip_value made;
  made.first = state.finish();
  state.b ^= 0xdd;
  made.second = state.finish();
  return made;
}

}  // namespace millrace
