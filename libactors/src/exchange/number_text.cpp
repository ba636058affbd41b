#include "exchange/number_text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>

namespace millrace::exchange {

namespace {

/// A number is 0.DIGITS times ten to the power of `point`.
struct shortest {
  std::string digits;
  int point = 0;
};

shortest shortest_of(double number) {
  std::array<char, 32> room{};
  const auto end = std::to_chars(room.begin(), room.end(), number, std::chars_format::scientific);
  const std::string_view text{room.data(), static_cast<std::size_t>(end.ptr - room.data())};
  const auto e = text.find('e');
  shortest found{std::string{text.substr(0, 1)}, 0};
  if (e > 2) found.digits.append(text.substr(2, e - 2));
  const auto sign = text[e + 1] == '-' ? -1 : 1;
  std::from_chars(text.data() + e + 2, text.data() + text.size(), found.point);
  found.point = sign * found.point + 1;
  return found;
}

std::string zeros(int count) { return std::string(static_cast<std::size_t>(count), '0'); }

}  // namespace

std::string number_text(double number) {
  if (number == 0) return "0";
  if (number < 0) return "-" + number_text(-number);
  const auto [digits, point] = shortest_of(number);
  const auto count = static_cast<int>(digits.size());
  if (point > 21 || point <= -6) {
    const auto fraction = count > 1 ? "." + digits.substr(1) : std::string{};
    return fmt::format("{}{}e{:+}", digits.front(), fraction, point - 1);
  }
  if (point <= 0) return "0." + zeros(-point) + digits;
  if (count <= point) return digits + zeros(point - count);
  const auto whole = static_cast<std::size_t>(point);
  return digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace millrace::exchange
