/// The ten seconds that a series is cut into, and how addresses name them. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/result.hpp"
#include "millrace/types.hpp"

namespace millrace::service {

using ten_seconds = std::chrono::duration<std::int64_t, std::ratio<10>>;
using series_time = std::chrono::sys_time<ten_seconds>;

/// Where the ten seconds begin that a time is in.
[[nodiscard]] inline series_time chunk_of(timestamp time) {
  return std::chrono::floor<ten_seconds>(time);
}
/// `2014_09_29_23_59_10`, UTC.
[[nodiscard]] std::string name_of(series_time time);
/// Errors: invalid (no such time, or not one of those that chunks begin at).
[[nodiscard]] result<series_time> parse_series_time(std::string_view text);

}  // namespace millrace::service
