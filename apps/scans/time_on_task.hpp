/// How long one user worked.
#pragma once

#include <string_view>

#include <scans/events.pb.h>
#include <scans/states.pb.h>

#include "millrace/flow.hpp"
#include "scans/shop_time.hpp"

namespace scans {

/// TimeOnTaskQuery|user: for each day the first and the last image, and the time off between them.
struct time_on_task {
  static constexpr std::string_view name = "TimeOnTaskQuery";
  static constexpr int days_max = 62;
  using observes = millrace::events<NewImageDetected, TimeOffTask>;

  static millrace::route route(const NewImageDetected& e) { return millrace::starts(e.user()); }
  static millrace::route route(const TimeOffTask& e) { return millrace::joins(e.user()); }

  void given(const NewImageDetected& e);
  void given(const TimeOffTask& e);

  TimeOnTaskState state;
};

/// Between the first and the last image, without the time off. 0 when nothing is known.
[[nodiscard]] std::uint64_t seconds_on_task(const TimeOnTaskState::Day& day);

}  // namespace scans
