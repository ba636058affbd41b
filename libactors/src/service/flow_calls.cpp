// GET /v1/flows and what else shows how the flows stand.
#include <fmt/format.h>

#include <algorithm>

#include "base/service_limits.hpp"
#include "base/time_text.hpp"
#include "documents/flow.hpp"
#include "documents/flows.hpp"
#include "documents/past.hpp"
#include "documents/schedule.hpp"
#include "documents/statistics.hpp"
#include "service/batch_figures.hpp"
#include "service/endpoints.hpp"
#include "service/flow_page.hpp"
#include "service/problem.hpp"
#include "service/query_state.hpp"
#include "store/store.hpp"

namespace millrace::service {
namespace {

bool is_wanted(const flow_wish& wanted, flow_status status) {
  if (!wanted.pending && !wanted.stopped) return true;
  return (wanted.pending && status == flow_status::pending) ||
         (wanted.stopped && status == flow_status::stopped);
}

std::string href_of(const flow_key& key) {
  return fmt::format("/v1/queries/{}/{}", escaped(key.type()), escaped(key.id()));
}

/// Types whose routing is stopped; they come after all flows.
void add_parked(const overview& now, const flow_wish& wanted, page& into) {
  if (wanted.pending && !wanted.stopped) return;
  for (const auto& [name, type] : now.types()) {
    if (!type.has_error_position() || (!wanted.type.empty() && wanted.type != name)) continue;
    static_cast<void>(into.add(documents::line_of(type, now.is_known(name))));
  }
}

}  // namespace

response list_flows_page(const call& asked, const flow_wish& wanted) {
  auto limit = asked.page_size();
  if (!limit) return problem(limit.error());
  auto now = asked.of.source().look({});
  if (!now) return problem(now.error());
  const auto after = asked.argument("after");
  page rows{asked, wanted.name};
  std::string last;
  std::size_t shown = 0;
  bool goes_on = false;
  auto read = now->flows(wanted.type, [&](const flow_view& view) {
    const auto& key = view.row.entry.key;
    if ((after && key.text() <= *after) || !is_wanted(wanted, view.status)) return true;
    if (goes_on || shown == *limit) {  // one more is there
      goes_on = true;
      return false;
    }
    auto line = documents::line_of(view, documents::standing_of(*now, key.type()));
    if (wanted.with_href) {
      line = documents::with(std::move(line), "href", documents::dump(href_of(key)));
    }
    goes_on = !rows.add(line);
    last = key.text();
    ++shown;
    return true;
  });
  if (!read) return problem(read.error());
  if (!goes_on && !wanted.with_href) add_parked(*now, wanted, rows);
  std::optional<std::string> next;
  if (goes_on) {
    auto query = asked.where.query;
    std::erase_if(query, [](const field& one) { return one.first == "after"; });
    query.emplace_back("after", last);
    next = target_of(asked, query);
  }
  return std::move(rows).finish(next);
}

namespace {

response list_flows(const call& asked) {
  auto pending = asked.flag("pending");
  if (!pending) return problem(pending.error());
  auto stopped = asked.flag("stopped");
  if (!stopped) return problem(stopped.error());
  return list_flows_page(asked, {.type = std::string{asked.argument("type").value_or("")},
                                 .pending = *pending,
                                 .stopped = *stopped});
}

response show_flow(const call& asked) {
  const auto key = flow_key::parse(asked.variable("key"));
  auto at = asked.number("at");
  if (!at) return problem(at.error());
  const auto turn = turn_for(asked.of, key);
  if (!turn) return problem(turn.error());
  if (*at) {
    auto past = documents::look_back(asked.of.source(), key, position{**at});
    return past ? document(line_of(*past)) : problem(past.error());
  }
  auto found = documents::find_flow(asked.of.source(), key);
  return found ? document(line_of(*found)) : problem(found.error());
}

response show_inbox(const call& asked) {
  auto limit = asked.page_size();
  if (!limit) return problem(limit.error());
  auto after = asked.number("after");
  if (!after) return problem(after.error());
  documents::inbox_wish wanted{.key = flow_key::parse(asked.variable("key")), .limit = *limit};
  if (*after) wanted.after = position{**after};
  page entries{asked, "entries"};
  std::optional<position> last;
  bool cut = false;
  auto read = documents::read_inbox(asked.of.source(), wanted, [&](const auto& entry) {
    cut = !entries.add(line_of(entry));
    last = entry.event.at;
    return !cut;
  });
  if (!read) return problem(read.error());
  std::optional<std::string> next;
  if (last && (cut || read->rest > 0)) {
    next = target_of(asked,
                     {{"after", std::to_string(last->value)}, {"limit", std::to_string(*limit)}});
  }
  return std::move(entries).finish(next);
}

response flow_statistics_of(const call& asked) {
  auto of = asked.of.over.statistics(flow_key::parse(asked.variable("key")));
  if (!of) return problem(of.error());
  auto made = documents::json_of(*of, asked.of.view.time.now(), true);
  return document(documents::dump(made));
}

response all_statistics(const call& asked) {
  auto of = asked.of.over.statistics();
  if (!of) return problem(of.error());
  page rows{asked, "statistics"};
  for (auto& one : documents::json_of(*of)) {
    if (one["name"].is_string()) add_batches(asked.of.measured, one);
    static_cast<void>(rows.add(documents::dump(one)));
  }
  return std::move(rows).finish({}).with("millrace-tail", std::to_string(of->tail.value));
}

/// As long as there is work, so it is made while it is sent.
response resume(const call& asked) {
  struct picture {
    picture(const store& stored, overview made) : now(std::move(made)), pieces{stored, now} {}
    overview now;
    documents::manifest_writer pieces;
  };
  auto now = asked.of.source().look({});
  if (!now) return problem(now.error());
  const auto of = std::make_shared<picture>(asked.of.view.stored, std::move(*now));
  response made;
  made.more = [of] { return of->pieces.next(); };
  return made;
}

/// The place after which a page begins: the due time and the position of the last entry.
result<std::optional<std::pair<timestamp, position>>> schedule_place(const call& asked) {
  using place = std::optional<std::pair<timestamp, position>>;
  auto at = asked.number("after_position");
  if (!at) return at.error();
  const auto text = asked.argument("after_due");
  if (!*at && !text) return place{};
  const auto due = parse_time(text.value_or(""));
  if (!*at || !due) return error{errc::invalid, "after_due and after_position belong together"};
  return place{{*due, position{**at}}};
}

response list_schedule(const call& asked) {
  auto limit = asked.page_size();
  if (!limit) return problem(limit.error());
  auto after = schedule_place(asked);
  if (!after) return problem(after.error());
  auto entries = asked.of.view.stored.schedule(store::timers::all, *after, *limit);
  if (!entries) return problem(entries.error());
  page rows{asked, "schedule"};
  for (const auto& one : *entries) {
    static_cast<void>(rows.add(documents::dump(documents::json_of(one))));
  }
  std::optional<std::string> next;
  if (entries->size() == *limit) {
    next = target_of(asked, {{"after_due", to_text(entries->back().due)},
                             {"after_position", std::to_string(entries->back().at.value)},
                             {"limit", std::to_string(*limit)}});
  }
  return std::move(rows).finish(next);
}

}  // namespace

std::vector<endpoint> flow_endpoints() {
  return {
      {.method = "GET",
       .path = "/v1/flows",
       .summary = "The flows, by key; then the types whose routing is stopped",
       .arguments = {{"type", "string", "Only flows of this type"},
                     {"pending", "boolean", "Only what has something to handle"},
                     {"stopped", "boolean", "Only what is stopped; with pending: either"},
                     {"after", "string", "The key after which the page begins"},
                     {"limit", "integer", "Flows of a page (100, at most 1000)"}},
       .answer = list_flows},
      {.method = "GET",
       .path = "/v1/flows/{key}",
       .summary = "One flow: its state, and why it waits or stopped; or one flow type",
       .arguments = {{"at", "integer", "As it was after this position"}},
       .answer = show_flow},
      {.method = "GET",
       .path = "/v1/flows/{key}/inbox",
       .summary = "What was routed to a flow",
       .arguments = {{"after", "integer", "Entries after this position"},
                     {"limit", "integer", "Entries of a page (100, at most 1000)"}},
       .answer = show_inbox},
      {.method = "GET",
       .path = "/v1/flows/{key}/statistics",
       .summary = "How far and how fast a flow is",
       .answer = flow_statistics_of},
      {.method = "GET",
       .path = "/v1/statistics",
       .summary = "How far and how fast the flows are: by type, and in all",
       .answer = all_statistics},
      {.method = "GET",
       .path = "/v1/resume",
       .summary = "The manifest: what has work to do",
       .answer = resume},
      {.method = "GET",
       .path = "/v1/schedule",
       .summary = "What is due when",
       .arguments = {{"after_due", "string", "With after_position: where the page begins"},
                     {"after_position", "integer", "With after_due: where the page begins"},
                     {"limit", "integer", "Entries of a page (100, at most 1000)"}},
       .answer = list_schedule},
  };
}

}  // namespace millrace::service
