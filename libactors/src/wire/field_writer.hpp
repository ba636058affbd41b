/// Protobuf's encoding by hand, of small messages whose field numbers are below 16.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace millrace {

[[nodiscard]] inline std::size_t varint_size(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}
inline constexpr std::size_t field_tag_size = 1;

/// Counts what a field_writer writes. Both have the same members, so that one function serves both.
class field_counter {
 public:
  void number(int /*field*/, std::uint64_t value) { size += field_tag_size + varint_size(value); }
  void bytes(int field, std::string_view text) {
    begin(field, text.size());
    size += text.size();
  }
  /// Of a message of so many bytes, whose fields follow.
  void begin(int /*field*/, std::size_t inner) { size += field_tag_size + varint_size(inner); }
  std::size_t size = 0;
};

/// Writes to memory that has room for what was counted.
class field_writer {
 public:
  explicit field_writer(char* to) : next(to) {}
  void number(int field, std::uint64_t value) {
    varint(tag(field, 0));
    varint(value);
  }
  void bytes(int field, std::string_view text) {
    begin(field, text.size());
    std::memcpy(next, text.data(), text.size());
    next += text.size();
  }
  void begin(int field, std::size_t inner) {
    varint(tag(field, 2));
    varint(inner);
  }
  char* next;

 private:
  static constexpr std::uint64_t tag(int field, unsigned kind) {
    return static_cast<std::uint64_t>(field) << 3 | kind;
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *next++ = static_cast<char>(value | 0x80);
    *next++ = static_cast<char>(value);
  }
};

}  // namespace millrace
