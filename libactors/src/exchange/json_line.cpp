#include "exchange/json_line.hpp"

#include <fmt/format.h>

#include <span>

#include "base/limits.hpp"
#include "exchange/json_text.hpp"
#include "wire/json.hpp"

namespace millrace::exchange {

namespace {

/// Whether a name in its quotes is `data`, any of its letters perhaps as `\u0064`.
bool is_data(std::string_view quoted) {
  quoted.remove_prefix(1);
  for (const char letter : std::string_view{"data"}) {
    const auto escape = fmt::format("\\u00{:02x}", letter);
    const bool is_plain = quoted.front() == letter;
    if (!is_plain && !quoted.starts_with(escape)) return false;
    quoted.remove_prefix(is_plain ? 1 : escape.size());
  }
  return quoted == "\"";
}

std::string too_deep() {
  return fmt::format("JSON that is nested more than {} levels deep", limits::json_depth_max);
}

/// The checker counts lines, and here is one only.
std::string without_line(std::string why) {
  constexpr std::string_view where = "at line 1, column";
  if (const auto at = why.find(where); at != std::string::npos) {
    why.replace(at, where.size(), "at column");
  }
  return why;
}

/// The parser's first stage noted where each bracket, comma, colon, string and number begins.
/// So a value is found without a second look at the text in between.
std::string_view marked_value(const simdjson::internal::dom_parser_implementation& found,
                              std::string_view text, std::size_t index) {
  const std::span marks{found.structural_indexes.get(), found.n_structural_indexes};
  const auto sign = [&](std::size_t mark) { return text[marks[mark]]; };
  std::size_t member = 0;
  // A name, its colon, and the value: its end is the comma or the brace at the outermost level.
  for (std::size_t begin = 3, at = 3, open = 1; at < marks.size(); ++at) {
    const char c = sign(at);
    if (c == '{' || c == '[') ++open;
    const bool closes = c == '}' || c == ']';
    if (closes) --open;
    const bool ends = closes ? open == 0 : c == ',' && open == 1;
    if (!ends) continue;
    if (member++ == index) {
      const auto value = text.substr(marks[begin], marks[at] - marks[begin]);
      return value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
    }
    begin = at + 3;
  }
  return {};
}

}  // namespace

json_line::json_line() {
  // Room for every line that is read at once: nothing is allocated later.
  [[maybe_unused]] const auto failed =
      parser_.allocate(limits::quick_line_size, limits::json_depth_max + 1);
}

simdjson::error_code json_line::parse_quick(std::string_view text) {
  return parser_.parse(text.data(), text.size(), false).get(root_);
}

std::optional<std::string> json_line::parse(std::string_view text) {
  text_ = text;
  reduced_.clear();
  if (text.size() <= limits::quick_line_size) {
    const auto problem = parse_quick(text);
    if (problem == simdjson::SUCCESS) return std::nullopt;
    if (problem == simdjson::INCORRECT_TYPE) return "not a JSON object";
    if (problem == simdjson::DEPTH_ERROR) return too_deep();
  }
  return parse_in_pieces(text);
}

/// For long lines, whose payload the quick parser would blow up to many times its size, and for
/// numbers that it does not know (an integer of 30 digits is JSON). The payload is checked by
/// itself, and the rest is read without it.
std::optional<std::string> json_line::parse_in_pieces(std::string_view text) {
  if (auto valid = check_json(text); !valid) return without_line(valid.error().message);
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{') return "not a JSON object";
  json_walker members{text};
  reduced_.assign(1, '{');
  while (members.next()) {
    if (reduced_.size() > 1) reduced_.push_back(',');
    reduced_.append(members.name()).push_back(':');
    reduced_.append(is_data(members.name()) ? "null" : members.value());
    if (reduced_.size() > limits::quick_line_size) {
      return fmt::format("more than {} bytes beside the data", limits::quick_line_size);
    }
  }
  if (members.depth() + 1 > limits::json_depth_max) return too_deep();
  reduced_.push_back('}');
  reduced_.reserve(reduced_.size() + line_padding);
  const auto problem = parse_quick(reduced_);
  if (problem == simdjson::SUCCESS) return std::nullopt;
  if (problem == simdjson::NUMBER_ERROR) {
    return "a number of more digits than fit 64 bits, outside of the data";
  }
  return fmt::format("JSON that cannot be read: {}", simdjson::error_message(problem));
}

std::string_view json_line::value_text(std::size_t index) const {
  const bool is_read_whole = reduced_.empty();
  if (is_read_whole && text_.front() == '{') {
    return marked_value(*parser_.implementation, text_, index);
  }
  json_walker members{text_};
  for (std::size_t i = 0; members.next(); ++i) {
    if (i == index) return members.value();
  }
  return {};
}

bool json_line::can_carry(std::string_view text) {
  constexpr std::string_view spaces = " \t";
  if (text.empty() || text.find_first_of("\n\r") != std::string_view::npos) return false;
  if (spaces.find(text.front()) != spaces.npos || spaces.find(text.back()) != spaces.npos) {
    return false;
  }
  carried_.assign("{\"data\":").append(text).push_back('}');
  carried_.reserve(carried_.size() + line_padding);
  return !parse(carried_) && root_.size() == 1 && value_text(0) == text;
}

}  // namespace millrace::exchange
