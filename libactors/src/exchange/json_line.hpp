/// One line of JSON, checked wholly. Only this layer may include it: what its class looks like
/// depends on how the library is linked.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::exchange {

/// Bytes after a line that must be readable, whatever they hold.
inline constexpr std::size_t line_padding = simdjson::SIMDJSON_PADDING;

/// Takes lines one after another and re-uses its memory. Its views and members belong to the
/// present line. One thread.
class json_line {
 public:
  json_line();

  /// `text` is followed by line_padding readable bytes. Answers why it is no JSON object; none: it
  /// is one, all of it valid (UTF-8, paired surrogates, numbers, nesting within the limit).
  [[nodiscard]] std::optional<std::string> parse(std::string_view text);
  /// After a successful parse. Members in the order of the text; names may repeat.
  [[nodiscard]] simdjson::dom::object root() const { return root_; }
  /// The value of a member, to the letter; by its place in root().
  [[nodiscard]] std::string_view value_text(std::size_t index) const;

  /// Whether `text` is JSON that a line can carry to the letter: without line breaks, and without
  /// space around it. Needs no padding; takes the place of the present line.
  [[nodiscard]] bool can_carry(std::string_view text);

 private:
  [[nodiscard]] simdjson::error_code parse_quick(std::string_view text);
  [[nodiscard]] std::optional<std::string> parse_in_pieces(std::string_view text);

  simdjson::dom::parser parser_;
  simdjson::dom::object root_;
  std::string_view text_;
  std::string reduced_;
  std::string carried_;
};

}  // namespace millrace::exchange
