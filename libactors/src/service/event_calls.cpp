// GET /v1/events: the timeline, and what an event led to.
#include <algorithm>

#include "base/service_limits.hpp"
#include "documents/explain.hpp"
#include "documents/trace.hpp"
#include "service/endpoints.hpp"
#include "service/problem.hpp"

namespace millrace::service {
namespace {

/// A page ends after so many events shown or looked at, or at the tail.
response list_events(const call& asked) {
  auto from = asked.number("from");
  if (!from) return problem(from.error());
  auto limit = asked.page_size();
  if (!limit) return problem(limit.error());
  const auto type = asked.argument("type");
  const auto tail = asked.of.over.tail();
  position next{from->value_or(0)};
  page events{asked, "events"};
  std::size_t shown = 0;
  std::size_t seen = 0;
  bool goes_on = false;
  auto read = asked.of.view.stored.scan(next, tail, [&](const event_row& row) {
    next = row.at.next();
    bool room = true;
    if (!type || row.type == *type) {
      const auto event = documents::decode(asked.of.known.registry, row);
      room = events.add(line_of(head_of(event), event));
      ++shown;
    }
    goes_on = !room || shown == *limit || ++seen == limits::page_scan_max;
    return !goes_on;
  });
  if (!read) return problem(read.error());
  std::optional<std::string> link;
  if (goes_on && next < tail) {
    std::vector<field> query{{"from", std::to_string(next.value)},
                             {"limit", std::to_string(*limit)}};
    if (type) query.emplace_back("type", *type);
    link = target_of(asked, query);
  }
  return std::move(events).finish(link).with("millrace-tail", std::to_string(tail.value));
}

response show_event(const call& asked) {
  auto at = asked.place();
  if (!at) return problem(at.error());
  auto event = documents::read_event(asked.of.view.stored, asked.of.known.registry, *at);
  if (!event) return problem(event.error());
  return document(line_of(head_of(*event), *event));
}

response trace_event(const call& asked) {
  auto at = asked.place();
  if (!at) return problem(at.error());
  documents::trace_limits bounds{.position = at->value};
  auto limit = asked.number("limit");
  if (!limit) return problem(limit.error());
  auto depth = asked.number("depth");
  if (!depth) return problem(depth.error());
  bounds.limit = std::min<std::uint64_t>(limit->value_or(bounds.limit), limits::page_max);
  bounds.depth = std::min<std::uint64_t>(depth->value_or(bounds.depth), limits::causal_depth_max);
  auto report = documents::trace_events(asked.of.view.stored, asked.of.known.registry, bounds);
  if (!report) return problem(report.error());
  page events{asked, "events"};
  bool cut = report->above_cut || report->hidden() > 0;
  for (const auto& line : lines_of(*report)) {
    if (events.add(line)) continue;
    cut = true;
    break;
  }
  return std::move(events).finish({}).with("millrace-cut", cut ? "true" : "false");
}

response explain_event(const call& asked) {
  auto at = asked.place();
  if (!at) return problem(at.error());
  auto found = documents::explain_event(asked.of.source(), *at);
  if (!found) return problem(found.error());
  return document(line_of(found->of, found->event));
}

}  // namespace

std::vector<endpoint> event_endpoints() {
  return {
      {.method = "GET",
       .path = "/v1/events",
       .summary = "A page of the timeline, by position",
       .arguments = {{"from", "integer", "The first position (0)"},
                     {"limit", "integer", "Events of a page (100, at most 1000)"},
                     {"type", "string", "Only events of this type"}},
       .answer = list_events},
      {.method = "GET",
       .path = "/v1/events/{position}",
       .summary = "One event",
       .answer = show_event},
      {.method = "GET",
       .path = "/v1/events/{position}/trace",
       .summary = "The causes above an event and everything it led to",
       .arguments = {{"limit", "integer", "At most so many effects (1000)"},
                     {"depth", "integer", "At most so many levels up and down (50)"}},
       .answer = trace_event},
      {.method = "GET",
       .path = "/v1/events/{position}/explain",
       .summary = "Which flows an event reaches, why, and how far each of them is",
       .answer = explain_event},
  };
}

}  // namespace millrace::service
