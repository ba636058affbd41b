#include "base/sip_hash.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace millrace;

namespace {

constexpr sip_key counted{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

std::string bytes(int count) {
  std::string made;
  for (int i = 0; i < count; ++i) made.push_back(static_cast<char>(i));
  return made;
}

}  // namespace

TEST_CASE("hashes are those of the algorithm's published examples") {
  CHECK(sip_hash(counted, "") == sip_value{0xe6a825ba047f81a3u, 0x930255c71472f66du});
  CHECK(sip_hash(counted, bytes(1)) == sip_value{0x44af996bd8c187dau, 0x45fc229b11597634u});
}

TEST_CASE("a hash depends on each byte, on the length and on the key") {
  const auto text = bytes(23);
  const auto hash = sip_hash(counted, text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto other = text;
    other[i] = static_cast<char>(other[i] ^ 1);
    CHECK_FALSE(sip_hash(counted, other) == hash);
    CHECK_FALSE(sip_hash(counted, text.substr(0, i)) == hash);
  }
  CHECK_FALSE(sip_hash({counted.first + 1, counted.second}, text) == hash);
  CHECK_FALSE(sip_hash({counted.first, counted.second + 1}, text) == hash);
  CHECK(sip_hash(counted, text) == hash);
}
