#include "service/series_time.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time_text.hpp"

namespace millrace::service {

std::string name_of(series_time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::seconds{time - day}};
  return fmt::format("{:04}_{:02}_{:02}_{:02}_{:02}_{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

result<series_time> parse_series_time(std::string_view text) {
  const error wrong{errc::invalid,
                    fmt::format("{} is no time like 2014_09_29_23_59_10, in UTC, whose seconds "
                                "are a multiple of ten",
                                text)};
  constexpr std::string_view shape = "0000_00_00_00_00_00";
  constexpr std::string_view iso = "0000-00-00T00:00:00Z";
  if (text.size() != shape.size()) return wrong;
  std::string written{iso};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !is_digit : text[i] != '_') return wrong;
    if (is_digit) written[i] = text[i];
  }
  const auto time = parse_time(written);
  if (!time || chunk_of(*time) != *time) return wrong;
  return chunk_of(*time);
}

}  // namespace millrace::service
