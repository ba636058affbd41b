/// The shop's own time: whole seconds, UTC.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>

namespace scans {

using shop_time = google::protobuf::Timestamp;

/// `2026-01-05`.
[[nodiscard]] std::string day_of(const shop_time& time);
/// Minutes since midnight.
[[nodiscard]] std::int64_t minute_of_day(const shop_time& time);
[[nodiscard]] shop_time at_second(std::int64_t since_epoch);

}  // namespace scans
