#include "base/time_text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace millrace {
namespace {

/// Takes exactly `digits` decimal digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<duration> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return duration{0};
  std::int64_t micros = 0;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    if (digits < 6) micros = micros * 10 + (text.front() - '0');
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 6; ++digits) micros *= 10;
  return duration{micros};
}

/// `Z`, or what has to be subtracted to reach UTC.
std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  if (take(text, 'Z')) return std::chrono::minutes{0};
  const bool east = !text.empty() && text.front() == '+';
  if (!east && (text.empty() || text.front() != '-')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  take(text, ':');
  const auto minutes = take_number(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset{*hours * 60 + *minutes};
  return east ? offset : -offset;
}

/// As they are nearly always written: `2025-01-31T09:15:00`, up to six digits of a second, `Z`.
/// None: it is another one, or none at all.
std::optional<timestamp> parse_usual(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  constexpr std::size_t size_max = 27;
  if (text.size() <= shape.size() || text.size() > size_max || text.back() != 'Z') {
    return std::nullopt;
  }
  bool fits = true;
  const auto digit = [&](std::size_t at) {
    const auto value = static_cast<unsigned>(text[at]) - '0';
    fits = fits && value < 10;
    return value;
  };
  const auto two = [&](std::size_t at) { return digit(at) * 10 + digit(at + 1); };
  const auto year = two(0) * 100 + two(2);
  const auto month = two(5), day = two(8), hour = two(11), minute = two(14), second = two(17);
  for (const std::size_t at : {4u, 7u, 10u, 13u, 16u}) fits = fits && text[at] == shape[at];
  std::int64_t micros = 0;
  std::int64_t unit = 1'000'000;
  if (text[shape.size()] == '.') {
    for (auto at = shape.size() + 1; at + 1 < text.size(); ++at) {
      unit /= 10;
      micros += unit * digit(at);
    }
  }
  // A point without digits, or more than the second that is no fraction.
  const bool has_whole_end = text.size() == shape.size() + 1 || unit < 1'000'000;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)},
                                         std::chrono::month{month}, std::chrono::day{day}};
  if (!fits || !has_whole_end || !date.ok() || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  return timestamp{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + std::chrono::seconds{second} + duration{micros};
}

}  // namespace

std::string to_text(timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<timestamp> parse_time(std::string_view text) {
  if (const auto usual = parse_usual(text)) return usual;
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !(take(text, 'T') || take(text, ' '))) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second) return std::nullopt;
  const auto fraction = take_fraction(text);
  const auto zone = fraction ? take_zone(text) : std::nullopt;
  if (!zone || !text.empty()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return timestamp{std::chrono::sys_days{date}} + std::chrono::hours{*hour} +
         std::chrono::minutes{*minute} + std::chrono::seconds{*second} + *fraction - *zone;
}

}  // namespace millrace
