/// Time as text, one form everywhere: `2025-01-31T09:15:00.250000Z`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "millrace/types.hpp"

namespace millrace {

[[nodiscard]] std::string to_text(timestamp time);
/// ISO 8601, UTC or with an offset, fraction optional and cut after microseconds. None: not a time.
[[nodiscard]] std::optional<timestamp> parse_time(std::string_view text);

}  // namespace millrace
