#include "exchange/json_marks.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/invariant.hpp"

namespace millrace::exchange {

namespace {

constexpr unsigned nesting_max = 64;  // a bit for each
constexpr std::size_t digits_max = 18;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool ends_single(char c) { return c == ',' || c == '}' || c == ']' || is_space(c); }

/// Past the digits; at least one, no more than are surely a number. Null: they are not such.
const char* skip_digits(const char* at, std::size_t most) {
  const char* end = at;
  while (is_digit(*end)) ++end;
  return end == at || static_cast<std::size_t>(end - at) > most ? nullptr : end;
}

/// A whole number, but for its sign: no digit comes after a zero in front.
const char* skip_whole(const char* at) {
  const auto* end = skip_digits(at, digits_max);
  return end != nullptr && *at == '0' && end - at > 1 ? nullptr : end;
}

bool are_plain_escapes(std::string_view text) {
  constexpr std::string_view simple = "\"\\/bfnrt";
  for (auto at = text.find('\\'); at != text.npos; at = text.find('\\', at)) {
    const auto what = at + 1 < text.size() ? text[at + 1] : '\0';
    // \u may be half of a pair: that is looked at elsewhere.
    if (simple.find(what) == simple.npos) return false;
    at += 2;
  }
  return true;
}

}  // namespace

json_marks::json_marks() {
  [[maybe_unused]] const auto failed =
      simdjson::get_active_implementation()->create_dom_parser_implementation(covered_size_max, 1,
                                                                              found_);
  MILLRACE_INVARIANT(found_ != nullptr);
}

bool json_marks::enter(std::string_view line, std::string_view rest) {
  if (line.data() < begin_ || line.data() >= end_) cover(rest);
  line_end_ = line.data() + line.size();
  if (!is_marked_ || line_end_ > end_) return false;
  // What was read of a line before may have gone on into this one.
  const auto* const first = found_->structural_indexes.get();
  while (at_ != first && text_ + at_[-1] >= line.data()) --at_;
  while (text_ + *at_ < line.data()) ++at_;
  is_plain_ = std::memchr(line.data(), '\\', line.size()) == nullptr;
  return true;
}

/// As many whole lines as the marks and the text stay in the nearest memory with. None of them:
/// the line is longer, or has no end yet.
void json_marks::cover(std::string_view rest) {
  const auto size = std::min(rest.size(), covered_size_max);
  const auto last = rest.substr(0, size).rfind('\n');
  begin_ = text_ = rest.data();
  end_ = begin_ + (last == rest.npos ? size : last + 1);
  is_marked_ = last != rest.npos;
  if (!is_marked_) return;
  const auto covered = static_cast<std::size_t>(end_ - begin_);
  is_marked_ = found_->stage1(reinterpret_cast<const std::uint8_t*>(begin_), covered,
                              simdjson::stage1_mode::regular) == simdjson::SUCCESS;
  found_->structural_indexes[found_->n_structural_indexes] =
      static_cast<std::uint32_t>(covered - 1);
  at_ = found_->structural_indexes.get();
}

/// Its closing quote is the last thing before the next mark: what would follow it has one.
bool json_marks::take_string(std::string_view& into) {
  if (sign() != '"') return false;
  const char* const begin = text_ + *at_;
  const char* last = text_ + *++at_ - 1;
  while (is_space(*last)) --last;
  if (last <= begin || *last != '"') return false;
  into = {begin + 1, static_cast<std::size_t>(last - begin - 1)};
  return true;
}

bool json_marks::skip_string() {
  std::string_view text;
  return take_string(text) && (is_plain_ || are_plain_escapes(text));
}

bool json_marks::take_digits(std::string_view& into) {
  const char* const begin = text_ + *at_;
  const auto* end = skip_whole(begin);
  if (end == nullptr || !ends_single(*end)) return false;
  into = {begin, static_cast<std::size_t>(end - begin)};
  ++at_;
  return true;
}

bool json_marks::take_literal(std::string_view wanted) {
  const char* const begin = text_ + *at_;
  if (std::memcmp(begin, wanted.data(), wanted.size()) != 0) return false;
  if (!ends_single(begin[wanted.size()])) return false;
  ++at_;
  return true;
}

/// Finite in a double, and exact where it is whole: nobody else refuses it.
bool json_marks::skip_number() {
  constexpr std::size_t exponent_max = 2;
  const char* at = text_ + *at_;
  if (*at == '-') ++at;
  at = skip_whole(at);
  if (at != nullptr && *at == '.') at = skip_digits(at + 1, digits_max);
  if (at != nullptr && (*at == 'e' || *at == 'E')) {
    ++at;
    if (*at == '+' || *at == '-') ++at;
    at = skip_digits(at, exponent_max);
  }
  if (at == nullptr || !ends_single(*at)) return false;
  ++at_;
  return true;
}

/// A value without others in it.
bool json_marks::skip_single() {
  switch (sign()) {
    case '"': return skip_string();
    case 't': return take_literal("true");
    case 'f': return take_literal("false");
    case 'n': return take_literal("null");
    default: return skip_number();
  }
}

bool json_marks::skip_value() {
  std::uint64_t objects = 0;  // of the brackets that are open, the innermost last: is it a brace
  unsigned open = 0;
  for (;;) {
    const char first = sign();
    if (first == '{' || first == '[') {
      if (open++ == nesting_max) return false;
      const bool is_object = first == '{';
      objects = objects << 1 | static_cast<std::uint64_t>(is_object);
      ++at_;
      if (sign() != (is_object ? '}' : ']')) {
        if (is_object && !skip_name()) return false;
        continue;
      }
    } else if (!skip_single()) {
      return false;
    }
    for (;;) {  // after a value
      if (open == 0) return true;
      const bool is_object = (objects & 1) != 0;
      if (take(',')) {
        if (is_object && !skip_name()) return false;
        break;
      }
      if (!take(is_object ? '}' : ']')) return false;
      objects >>= 1;
      --open;
    }
  }
}

bool json_marks::take_value(std::string_view& into) {
  const char* const begin = text_ + *at_;
  if (!skip_value()) return false;
  const char* end = text_ + *at_;
  while (is_space(end[-1])) --end;
  into = {begin, static_cast<std::size_t>(end - begin)};
  return true;
}

}  // namespace millrace::exchange
