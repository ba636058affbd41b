/// The time that a log line carries: whole seconds, local time without a zone, taken as UTC.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/types.hpp"

namespace dpkg_flows {

using logged_time = google::protobuf::Timestamp;

/// `2026-11-22 12:42:01`, exactly. None: not such a text, or no such time (February 30th).
[[nodiscard]] std::optional<logged_time> parse_logged_time(std::string_view text);
/// The same text again.
[[nodiscard]] std::string to_text(const logged_time& time);
/// `2026-11-22`: the id of a day.
[[nodiscard]] std::string day_of(const logged_time& time);
/// 0 to 23.
[[nodiscard]] int hour_of(const logged_time& time);
[[nodiscard]] millrace::timestamp to_timestamp(const logged_time& time);

}  // namespace dpkg_flows
