/// What dpkg did on one day.
#pragma once

#include <string_view>

#include <dpkg-flows/events.pb.h>
#include <dpkg-flows/states.pb.h>

#include "dpkg-flows/logged_time.hpp"
#include "dpkg-flows/session_counts.hpp"
#include "millrace/flow.hpp"

namespace dpkg_flows {

/// DailyActivity|YYYY-MM-DD: lines of that day by action and by hour.
struct daily_activity {
  static constexpr std::string_view name = "DailyActivity";
  static constexpr int hours = 24;
  using observes =
      millrace::events<DpkgStarted, PackageActionTaken, PackageStatusChanged, ConffileDecided>;

  static millrace::route route(const DpkgStarted& e) { return of_day(e); }
  static millrace::route route(const PackageActionTaken& e) { return of_day(e); }
  static millrace::route route(const PackageStatusChanged& e) { return of_day(e); }
  static millrace::route route(const ConffileDecided& e) { return of_day(e); }

  void given(const DpkgStarted& e) { add(e); }
  void given(const PackageActionTaken& e) { add(e); }
  void given(const PackageStatusChanged& e) { add(e); }
  void given(const ConffileDecided& e) { add(e); }

  DailyActivityState state;

 private:
  template <class E>
  static millrace::route of_day(const E& e) {
    return millrace::starts(day_of(e.logged_at()));
  }

  template <class E>
  void add(const E& line) {
    if (state.day().empty()) {
      state.set_day(day_of(line.logged_at()));
      state.mutable_lines_by_hour()->Resize(hours, 0);
    }
    count(*state.mutable_counts(), line);
    const int hour = hour_of(line.logged_at());
    state.set_lines_by_hour(hour, state.lines_by_hour(hour) + 1);
  }
};

}  // namespace dpkg_flows
