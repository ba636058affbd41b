/// Numbers in as few bytes as they need: seven bits a byte, lowest first, the top bit says more
/// follow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

inline constexpr std::size_t varint_size_max = 10;

inline void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

/// Takes a number off the front. False: the bytes end within it, or it is over 64 bits.
[[nodiscard]] inline bool take_varint(std::string_view& in, std::uint64_t& value) {
  value = 0;
  for (std::size_t used = 0; used < in.size() && used < varint_size_max; ++used) {
    const auto byte = static_cast<std::uint8_t>(in[used]);
    const std::uint64_t bits = byte & 0x7fu;
    if (used == varint_size_max - 1 && byte > 1) return false;
    value |= bits << (7 * used);
    if (byte < 0x80) {
      in.remove_prefix(used + 1);
      return true;
    }
  }
  return false;
}

/// Takes `size` bytes off the front. False: there are fewer.
[[nodiscard]] inline bool take_bytes(std::string_view& in, std::uint64_t size,
                                     std::string_view& bytes) {
  if (size > in.size()) return false;
  bytes = in.substr(0, static_cast<std::size_t>(size));
  in.remove_prefix(bytes.size());
  return true;
}

/// Small numbers of either sign become small numbers: 0, -1, 1, -2 are 0, 1, 2, 3.
[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

}  // namespace millrace
