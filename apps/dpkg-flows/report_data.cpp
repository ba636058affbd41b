#include "dpkg-flows/report_data.hpp"

#include <algorithm>

#include "dpkg-flows/daily_activity.hpp"
#include "dpkg-flows/half_configured.hpp"
#include "dpkg-flows/package_history.hpp"
#include "dpkg-flows/session_list.hpp"

namespace dpkg_flows {
namespace {

using millrace::errc;
using millrace::result;

/// The state of one instance; a fresh one when it was never started.
template <class Query>
result<decltype(Query::state)> state_of(millrace::host& host, std::string_view id = {}) {
  auto reading = host.read<Query>(id);
  if (reading) return std::move(reading->state);
  if (reading.error().code != errc::not_found) return reading.error();
  return decltype(Query::state){};
}

template <class Query>
result<void> collect_all(millrace::host& host, std::vector<decltype(Query::state)>& into) {
  std::vector<std::string> ids;
  auto listed = host.flows(
      [&](const millrace::flow_summary& one) {
        // Without an id: the type itself, whose routing is stopped.
        if (one.key.has_id()) ids.emplace_back(one.key.id());
      },
      Query::name);
  if (!listed) return listed;
  for (const auto& id : ids) {
    auto state = state_of<Query>(host, id);
    if (!state) return state.error();
    into.push_back(std::move(*state));
  }
  return {};
}

template <class Map, class Into>
void copy_sorted(const Map& map, Into& into) {
  into.assign(map.begin(), map.end());
  std::ranges::sort(into, {}, [](const auto& pair) { return pair.first; });
}

result<void> count_flows(millrace::host& host, report_data& data) {
  return host.flows([&](const millrace::flow_summary& one) {
    if (one.status == millrace::flow_status::pending) ++data.flows_waiting;
    if (one.status == millrace::flow_status::stopped) ++data.flows_stopped;
  });
}

bool is_more_upgraded(const PackageHistoryState& a, const PackageHistoryState& b) {
  return a.upgrades() != b.upgrades() ? a.upgrades() > b.upgrades() : a.package() < b.package();
}

}  // namespace

result<report_data> collect_report(millrace::host& host) {
  report_data data;
  if (auto done = collect_all<package_history>(host, data.packages); !done) return done.error();
  if (auto done = collect_all<daily_activity>(host, data.days); !done) return done.error();
  const auto sessions = state_of<session_list>(host);
  if (!sessions) return sessions.error();
  const auto half = state_of<half_configured>(host);
  if (!half) return half.error();
  if (auto done = count_flows(host, data); !done) return done.error();
  std::ranges::sort(data.packages, is_more_upgraded);
  std::ranges::sort(data.days, {}, &DailyActivityState::day);
  std::vector<std::pair<std::uint64_t, SessionListState::Entry>> numbered;
  copy_sorted(sessions->sessions(), numbered);
  for (auto& [number, entry] : numbered) data.sessions.push_back(std::move(entry));
  copy_sorted(half->packages(), data.half_configured);
  for (const auto& day : data.days) data.lines += day.counts().lines();
  return data;
}

}  // namespace dpkg_flows
