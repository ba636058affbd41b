/// Events that millrace itself puts on the timeline. Their names are durable: never change.
#pragma once

#include <string_view>

namespace millrace {

/// v1::TimersCancelled: entries that left the schedule without firing. docs/formats/schedule.md
inline constexpr std::string_view timers_cancelled_type = "millrace.TimersCancelled";

}  // namespace millrace
