/// What a report is made of, read from the queries.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <dpkg-flows/states.pb.h>

#include "millrace/host.hpp"

namespace dpkg_flows {

/// Sorted, so that equal timelines make equal reports.
struct report_data {
  std::vector<PackageHistoryState> packages;      ///< most upgrades first, then by name
  std::vector<SessionListState::Entry> sessions;  ///< oldest first
  std::vector<std::pair<std::string, HalfConfiguredState::Package>> half_configured;  ///< by name
  std::vector<DailyActivityState> days;  ///< oldest first
  std::uint64_t lines = 0;
  std::uint64_t flows_waiting = 0;
  std::uint64_t flows_stopped = 0;
};

/// Reads committed states and runs nothing. Errors pass through.
[[nodiscard]] millrace::result<report_data> collect_report(millrace::host& host);

}  // namespace dpkg_flows
