// What there is to know of the process: is it well, which one is it, what does it offer.
#include <algorithm>

#include "base/service_limits.hpp"
#include "base/time_text.hpp"
#include "documents/event.hpp"
#include "host/contracts.hpp"
#include "host/watching.hpp"
#include "service/endpoints.hpp"
#include "service/few_types.hpp"
#include "service/gauges.hpp"
#include "service/health.hpp"
#include "service/monitor.hpp"
#include "service/openapi.hpp"
#include "service/problem.hpp"

#ifndef MILLRACE_VERSION
#define MILLRACE_VERSION "unknown"
#endif

namespace millrace::service {
namespace {

using documents::json;

response live(const call&) { return document(documents::dump({{"status", "alive"}})); }

response ready(const call& asked) {
  const auto checks =
      asked.of.checks.look(asked.of.over, asked.of.view.directory, asked.of.view.time.now());
  json all = json::array();
  for (const auto& one : checks) {
    all.push_back({{"check", one.name},
                   {"ready", !one.problem},
                   {"since", to_text(one.since)},
                   {"reason", one.problem ? json(*one.problem) : json(nullptr)}});
  }
  const bool ends = asked.of.stopping;
  const bool is_ready = !ends && std::none_of(checks.begin(), checks.end(), [](const auto& one) {
    return one.problem.has_value();
  });
  auto made = document(documents::dump({{"ready", is_ready}, {"checks", std::move(all)}}));
  if (!is_ready) {
    made.status = 503;
    made.with("retry-after", "1");
  }
  return made;
}

json lag_of(const flow_statistics& type, const lag_contracts& agreed) {
  return {{"type", type.name},
          {"max_lag", max_lag_of(agreed, type.name)},
          {"lag", type.lag},
          {"left", type.stopped}};
}

response admission(const call& asked) {
  auto of = asked.of.over.statistics();
  if (!of) return problem(of.error());
  const auto room = room_for_appends(asked.of.over);
  const auto agreed = lag_contracts_of(asked.of.over);
  json contracts = json::array();
  for (const auto& type : of->types) {
    if (max_lag_of(agreed, type.name) > 0) contracts.push_back(lag_of(type, agreed));
  }
  return document(documents::dump(
      {{"room", room ? json(*room) : json(nullptr)}, {"contracts", std::move(contracts)}}));
}

response version(const call& asked) {
  return document(documents::dump({{"name", "millrace"},
                                   {"version", MILLRACE_VERSION},
                                   {"application", asked.of.application},
                                   {"listening", asked.of.address}}));
}

response description(const call& asked) {
  return document(openapi_of(asked.of.endpoints, MILLRACE_VERSION));
}

/// What is in memory for the flows that have something to handle, by type; the router looks them
/// up, so many at a time.
result<void> add_loads(const call& asked,
                       const std::vector<std::pair<flow_number, std::string>>& of,
                       gauges::sources& to) {
  for (std::size_t begin = 0; begin == 0 || begin < of.size(); begin += limits::monitor_loads_max) {
    const auto end = std::min(of.size(), begin + limits::monitor_loads_max);
    std::vector<flow_number> some;
    for (auto i = begin; i < end; ++i) some.push_back(of[i].first);
    auto loads = loads_of(asked.of.over, std::move(some));
    if (!loads) return loads.error();
    to.head = loads->head;
    for (auto i = begin; i < end; ++i) {
      if (const auto& one = loads->flows[i - begin]) to.mailboxes[of[i].second] += one->waiting;
    }
  }
  return {};
}

result<timer_counts> count_timers(const call& asked) {
  auto timers = asked.of.view.stored.schedule(store::timers::active, std::nullopt,
                                              limits::timers_counted_max);
  if (!timers) return timers.error();
  const auto now = asked.of.view.time.now();
  timer_counts made;
  for (const auto& one : *timers) {
    if (one.due <= now) ++made.overdue;
    if (one.due > now && one.due <= now + duration{std::chrono::minutes{1}}) ++made.soon;
  }
  return made;
}

response metrics(const call& asked) {
  std::vector<std::pair<flow_number, std::string>> busy;
  auto of = count_flows(asked.of.over, [&](const flow_view& view, const flow_backlog& waits) {
    const bool counts = waits.count > 0 && busy.size() < limits::mailboxes_counted_max;
    if (counts) busy.emplace_back(view.row.entry.number, std::string{view.row.entry.key.type()});
    return true;
  });
  if (!of) return problem(of.error());
  keep_few(of->types, asked.of.known);
  const auto left_out = asked.of.watched == nullptr ? 0 : asked.of.watched->coalesced();
  const auto counters = asked.of.over.counters();
  const gauges::admission let_in{lag_contracts_of(asked.of.over), room_for_appends(asked.of.over)};
  gauges::sources from{counters, *of, let_in, asked.of.counts, left_out};
  auto timers = count_timers(asked);
  if (!timers) return problem(timers.error());
  from.timers = *timers;
  if (auto added = add_loads(asked, busy, from); !added) return problem(added.error());
  auto made = document(asked.of.measured.text_of(from));
  made.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return made;
}

}  // namespace

std::vector<endpoint> process_endpoints() {
  return {
      {.method = "GET",
       .path = "/livez",
       .summary = "The process answers",
       .where = lane::at_once,
       .needs = access::nothing,
       .answer = live},
      {.method = "GET",
       .path = "/readyz",
       .summary = "It can do its work: each check, with since when and why not",
       .where = lane::at_once,
       .needs = access::nothing,
       .statuses = {503},
       .answer = ready},
      {.method = "GET",
       .path = "/version",
       .summary = "Which program answers, of which version, and where it listens",
       .where = lane::at_once,
       .answer = version},
      {.method = "GET",
       .path = "/openapi.json",
       .summary = "This description",
       .where = lane::at_once,
       .answer = description},
      {.method = "GET",
       .path = "/v1/admission",
       .summary = "The lag contracts, and how many events would be let in; reads the directory",
       .answer = admission},
      {.method = "GET",
       .path = "/metrics",
       .summary = "For Prometheus; reads the directory of flows: for now and then",
       .answer = metrics},
  };
}

}  // namespace millrace::service
