/// What happened to one package.
#pragma once

#include <string_view>

#include <dpkg-flows/events.pb.h>
#include <dpkg-flows/states.pb.h>

#include "dpkg-flows/log_line.hpp"
#include "millrace/flow.hpp"

namespace dpkg_flows {

/// PackageHistory|name:arch: versions, when, and how often. A package is known from its first
/// action; states of others, which a log that begins late may hold, leave no trace.
struct package_history {
  static constexpr std::string_view name = "PackageHistory";
  static constexpr int changes_max = 100;
  using observes = millrace::events<PackageActionTaken, PackageStatusChanged>;

  static millrace::route route(const PackageActionTaken& e) {
    return millrace::starts(full_name(e));
  }
  static millrace::route route(const PackageStatusChanged& e) {
    return millrace::joins(full_name(e));
  }

  void given(const PackageActionTaken& e);
  void given(const PackageStatusChanged& e) { state.set_status(e.status()); }

  PackageHistoryState state;
};

}  // namespace dpkg_flows
