#include "exchange/json_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/invariant.hpp"

namespace millrace::exchange {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool ends_scalar(char c) { return c == ',' || c == '}' || c == ']' || is_space(c); }

}  // namespace

json_walker::json_walker(std::string_view object)
    : at_(object.data()), end_(object.data() + object.size()) {
  skip_space();
  MILLRACE_INVARIANT(at_ != end_ && *at_ == '{');
}

bool json_walker::next() {
  ++at_;  // the brace, or the comma
  skip_space();
  if (at_ >= end_ || *at_ != '"') return false;
  const char* begin = at_;
  skip_string();
  name_ = {begin, static_cast<std::size_t>(at_ - begin)};
  skip_space();
  ++at_;  // the colon
  skip_space();
  begin = at_;
  skip_value();
  value_ = {begin, static_cast<std::size_t>(at_ - begin)};
  skip_space();
  return true;
}

void json_walker::skip_space() {
  while (at_ < end_ && is_space(*at_)) ++at_;
}

/// From the opening quote to after the closing one.
void json_walker::skip_string() {
  const char* from = at_ + 1;
  while (from < end_) {
    const auto* quote =
        static_cast<const char*>(std::memchr(from, '"', static_cast<std::size_t>(end_ - from)));
    if (quote == nullptr) break;
    const char* before = quote;
    while (before > at_ + 1 && before[-1] == '\\') --before;
    from = quote + 1;
    if ((quote - before) % 2 == 0) {
      at_ = from;
      return;
    }
  }
  at_ = end_;
}

void json_walker::skip_value() {
  if (at_ >= end_) return;
  if (*at_ == '"') return skip_string();
  if (*at_ != '{' && *at_ != '[') {
    while (at_ < end_ && !ends_scalar(*at_)) ++at_;
    return;
  }
  std::size_t open = 0;
  while (at_ < end_) {
    if (*at_ == '"') {
      skip_string();
      continue;
    }
    const char c = *at_++;
    if (c == '{' || c == '[') {
      depth_ = std::max(depth_, ++open);
    } else if ((c == '}' || c == ']') && --open == 0) {
      return;
    }
  }
}

void append_json_string(std::string& to, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  to.push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    to.append(text.substr(plain, i - plain));
    plain = i + 1;
    if (c >= 0x20) {
      to.append({'\\', static_cast<char>(c)});
    } else {
      to.append("\\u00").append({digits[c >> 4U], digits[c & 15U]});
    }
  }
  to.append(text.substr(plain)).push_back('"');
}

namespace {

constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> values_of_digits() {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < base64_digits.size(); ++i) {
    values[static_cast<std::uint8_t>(base64_digits[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr auto base64_values = values_of_digits();

}  // namespace

void append_base64(std::string& to, std::string_view bytes) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : 0U;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t three = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    for (const unsigned shift : {18U, 12U, 6U, 0U}) {
      to.push_back(base64_digits[three >> shift & 63U]);
    }
  }
  const auto missing = (3 - bytes.size() % 3) % 3;
  std::fill(to.end() - static_cast<std::ptrdiff_t>(missing), to.end(), '=');
}

bool decode_base64(std::string_view text, char* to, std::size_t& size) {
  size = 0;
  if (text.size() % 4 != 0) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const std::size_t digits = text.size() - padding;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const auto value = base64_values[static_cast<std::uint8_t>(text[i])];
    if (value == no_digit) return false;
    bits = bits << 6U | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    to[size++] = static_cast<char>(bits >> held & 0xffU);
  }
  return (bits & ((1U << held) - 1)) == 0;
}

}  // namespace millrace::exchange
