/// JSON as text: where a value ends, how a string is written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::exchange {

/// Walks over JSON that is known to be valid, without reading it.
class json_walker {
 public:
  /// `object` begins with `{`, perhaps after spaces.
  explicit json_walker(std::string_view object);

  /// False: no further member.
  [[nodiscard]] bool next();
  [[nodiscard]] std::string_view name() const { return name_; }    ///< as written, in its quotes
  [[nodiscard]] std::string_view value() const { return value_; }  ///< to the letter
  /// The deepest nesting of the values walked over.
  [[nodiscard]] std::size_t depth() const { return depth_; }

 private:
  void skip_space();
  void skip_string();
  void skip_value();

  const char* at_;
  const char* end_;
  std::string_view name_, value_;
  std::size_t depth_ = 0;
};

/// Appends `text`, which is UTF-8, as a JSON string.
void append_json_string(std::string& to, std::string_view text);

/// Bytes as text and back. Decoding is strict: padded, no spaces, no spare bits.
void append_base64(std::string& to, std::string_view bytes);
[[nodiscard]] inline std::size_t base64_size_max(std::size_t text_size) {
  return text_size / 4 * 3;
}
/// Writes to `to`, which has base64_size_max bytes; false: it is no base64. `size`: bytes written.
[[nodiscard]] bool decode_base64(std::string_view text, char* to, std::size_t& size);

}  // namespace millrace::exchange
