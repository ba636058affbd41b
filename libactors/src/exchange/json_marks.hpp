/// Several lines of JSON at once: where brackets, commas, colons, strings and numbers begin.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace millrace::exchange {

/// Walks over lines of the usual shape with nothing but the marks of the parser's first stage,
/// which costs a third of a whole parse, and less for many lines than for each. Every step says
/// false where the text is not as expected: damaged, or only unusual (escapes in a name, a number
/// of 30 digits, deep nesting). Then nothing is known of the line, and json_line has to read it;
/// what is accepted here, it accepts too. One thread.
class json_marks {
 public:
  json_marks();

  /// Goes to the line, which begins `rest`: whole lines and perhaps the beginning of another one,
  /// followed by line_padding readable bytes. Texts come one after the other, until forget().
  [[nodiscard]] bool enter(std::string_view line, std::string_view rest);
  void forget() { begin_ = end_ = nullptr; }
  /// After a step: it was within the line, of which nothing but space is left.
  [[nodiscard]] bool at_end() const {
    return text_ + at_[-1] < line_end_ && text_ + *at_ >= line_end_;
  }

  /// Steps over a bracket, comma or colon.
  [[nodiscard]] bool take(char wanted) {
    if (sign() != wanted) return false;
    ++at_;
    return true;
  }
  /// A string without escapes: what is in its quotes.
  [[nodiscard]] bool take_text(std::string_view& into) {
    return take_string(into) && (is_plain_ || into.find('\\') == into.npos);
  }
  /// A whole number of at most 18 digits, without a sign.
  [[nodiscard]] bool take_digits(std::string_view& into);
  [[nodiscard]] bool take_literal(std::string_view wanted);
  /// Any value, all of it checked: to the letter.
  [[nodiscard]] bool take_value(std::string_view& into);

  /// No line that is entered is longer.
  static constexpr std::size_t covered_size_max = std::size_t{64} << 10;

 private:
  void cover(std::string_view rest);
  [[nodiscard]] char sign() const { return text_[*at_]; }
  [[nodiscard]] bool take_string(std::string_view& into);
  [[nodiscard]] bool skip_string();
  [[nodiscard]] bool skip_name() { return skip_string() && take(':'); }
  [[nodiscard]] bool skip_single();
  [[nodiscard]] bool skip_number();
  [[nodiscard]] bool skip_value();

  std::unique_ptr<simdjson::internal::dom_parser_implementation> found_;
  const char* begin_ = nullptr;  // of what is covered
  const char* end_ = nullptr;
  bool is_marked_ = false;             // and nothing in it is wrong at first sight
  const char* text_ = nullptr;         // marks count from here
  const std::uint32_t* at_ = nullptr;  // the last mark is a line break, which nobody steps over
  const char* line_end_ = nullptr;
  bool is_plain_ = false;  // no backslash in the line
};

}  // namespace millrace::exchange
