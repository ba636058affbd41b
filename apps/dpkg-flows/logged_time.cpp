#include "dpkg-flows/logged_time.hpp"

#include <fmt/format.h>

#include <chrono>

namespace dpkg_flows {
namespace {

using namespace std::chrono;

struct moment {
  year_month_day date;
  hh_mm_ss<seconds> clock;
};

moment split(const logged_time& time) {
  const sys_seconds at{seconds{time.seconds()}};
  const auto day = floor<days>(at);
  return {year_month_day{day}, hh_mm_ss{at - day}};
}

/// `digits` decimal digits at `from`, or none.
std::optional<unsigned> number(std::string_view text, std::size_t from, std::size_t digits) {
  unsigned value = 0;
  for (const char c : text.substr(from, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

bool has_shape(std::string_view text) {
  return text.size() == 19 && text[4] == '-' && text[7] == '-' && text[10] == ' ' &&
         text[13] == ':' && text[16] == ':';
}

std::string date_text(const year_month_day& date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace

std::optional<logged_time> parse_logged_time(std::string_view text) {
  if (!has_shape(text)) return std::nullopt;
  const auto y = number(text, 0, 4), m = number(text, 5, 2), d = number(text, 8, 2);
  const auto hour = number(text, 11, 2), minute = number(text, 14, 2), sec = number(text, 17, 2);
  if (!y || !m || !d || !hour || !minute || !sec) return std::nullopt;
  const year_month_day date{year{static_cast<int>(*y)}, month{*m}, day{*d}};
  if (*y == 0 || !date.ok() || *hour > 23 || *minute > 59 || *sec > 59) return std::nullopt;
  const auto at = sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*sec};
  logged_time time;
  time.set_seconds(duration_cast<seconds>(at.time_since_epoch()).count());
  return time;
}

std::string to_text(const logged_time& time) {
  const auto [date, clock] = split(time);
  return fmt::format("{} {:02}:{:02}:{:02}", date_text(date), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::string day_of(const logged_time& time) { return date_text(split(time).date); }

int hour_of(const logged_time& time) { return static_cast<int>(split(time).clock.hours().count()); }

millrace::timestamp to_timestamp(const logged_time& time) {
  return millrace::timestamp{seconds{time.seconds()}};
}

}  // namespace dpkg_flows
