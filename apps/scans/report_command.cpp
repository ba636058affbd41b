#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "millrace/host.hpp"
#include "scans/generate_command.hpp"
#include "scans/scans.hpp"

namespace scans {
namespace {

using millrace::errc;
using millrace::result;

/// All instances of a query, by id.
template <class Query>
result<std::map<std::string, decltype(Query::state)>> states_of(millrace::host& host) {
  std::vector<std::string> ids;
  auto listed = host.flows(
      [&](const millrace::flow_summary& one) { ids.emplace_back(one.key.id()); }, Query::name);
  if (!listed) return listed.error();
  std::map<std::string, decltype(Query::state)> states;
  for (const auto& id : ids) {
    auto reading = host.read<Query>(id);
    if (reading) {
      states[id] = std::move(reading->state);
    } else if (reading.error().code != errc::not_found) {
      return reading.error();
    }
  }
  return states;
}

struct time_sums {
  std::uint64_t days = 0, breaks = 0, lunches = 0, on_task = 0, off = 0;
};

time_sums sums_of(const TimeOnTaskState& state) {
  time_sums sums;
  for (const auto& [date, day] : state.days()) {
    ++sums.days;
    sums.breaks += day.breaks();
    sums.lunches += day.lunches();
    sums.on_task += seconds_on_task(day);
    sums.off += day.off_seconds();
  }
  return sums;
}

std::string hours(std::uint64_t seconds) {
  return fmt::format("{}:{:02}", seconds / 3600, seconds / 60 % 60);
}

result<void> print_people(millrace::host& host) {
  const auto activity = states_of<scan_activity>(host);
  if (!activity) return activity.error();
  const auto times = states_of<time_on_task>(host);
  if (!times) return times.error();
  fmt::print("{:<12}{:>7}{:>10}{:>6}{:>10}{:>6}{:>8}{:>9}{:>10}{:>9}\n", "user", "scans",
             "complete", "open", "images", "days", "breaks", "lunches", "on task", "off");
  for (const auto& [user, did] : *activity) {
    const auto known = times->find(user);
    const auto sums = known == times->end() ? time_sums{} : sums_of(known->second);
    fmt::print("{:<12}{:>7}{:>10}{:>6}{:>10}{:>6}{:>8}{:>9}{:>10}{:>9}\n", user, did.registered(),
               did.completed(), did.open().size(), did.images(), sums.days, sums.breaks,
               sums.lunches, hours(sums.on_task), hours(sums.off));
  }
  return {};
}

result<void> print_clients(millrace::host& host) {
  const auto clients = states_of<client_image_list>(host);
  if (!clients) return clients.error();
  fmt::print("\n{:<24}{:>10}{:>8}  {}\n", "client", "images", "users", "latest");
  for (const auto& [client, list] : *clients) {
    const auto& latest = list.latest().empty() ? "" : list.latest().rbegin()->path();
    fmt::print("{:<24}{:>10}{:>8}  {}\n", client, list.images(), list.by_user().size(), latest);
  }
  return {};
}

int run_report(millrace::host& host, const std::vector<std::string>& arguments) {
  if (!arguments.empty()) {
    fmt::print(stderr, "report: there is no option {}\n", arguments.front());
    return 2;
  }
  auto done = print_people(host);
  if (done) done = print_clients(host);
  if (done) return 0;
  fmt::print(stderr, "report: {}\n", done.error().message);
  return 1;
}

}  // namespace

millrace::application::command report_command() {
  return {.name = "report",
          .help = "users, their time on task, and clients",
          .run_flows = false,
          .run = run_report};
}

}  // namespace scans
