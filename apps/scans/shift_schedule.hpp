/// Breaks, lunch and the end of a shift, inferred from the times of images.
#pragma once

#include <string_view>

#include <scans/events.pb.h>
#include <scans/states.pb.h>

#include "millrace/flow.hpp"

namespace scans {

/// ShiftScheduleTopic: one instance for the whole shop. A pause of at least 5 minutes is time off:
///  - over midnight, or of 4 hours and more: the end of a shift;
///  - of 25 to 95 minutes, begun between 11:00 and 14:00, the first such on a day: lunch;
///  - otherwise a break.
/// An image that is older than the last one of its user changes nothing.
struct shift_schedule {
  static constexpr std::string_view name = "ShiftScheduleTopic";
  static constexpr auto starts_from = millrace::first_event::of_history;
  using observes = millrace::events<NewImageDetected, TimeOffTask>;

  void given(const NewImageDetected& e);
  void given(const TimeOffTask& e);  // its own: the day has had its lunch
  void when(const NewImageDetected& e, millrace::reactions& then) const;

  ShiftScheduleState state;
};

/// What a pause is. `had_lunch`: on the day of `from`, before it. Unspecified: too short to be one.
[[nodiscard]] TimeOff classify_pause(const google::protobuf::Timestamp& from,
                                     const google::protobuf::Timestamp& until, bool had_lunch);

}  // namespace scans
