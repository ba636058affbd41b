// Calls that change what flows do: repairs, what-if, adoption and the switch to a new version.
#include <fmt/format.h>

#include <algorithm>

#include "documents/done.hpp"
#include "documents/past.hpp"
#include "host/adoption.hpp"
#include "service/endpoints.hpp"
#include "service/problem.hpp"
#include "service/query_state.hpp"

namespace millrace::service {
namespace {

flow_key key_of(const call& asked) { return flow_key::parse(asked.variable("key")); }

response repair(const call& asked, std::string_view name,
                result<void> (host::*made)(const flow_key& key)) {
  const auto key = key_of(asked);
  auto at = documents::stopped_at(asked.of.view.stored, key);
  if (!at) return problem(at.error());
  if (auto done = (asked.of.over.*made)(key); !done) {
    return problem(documents::repair_refusal(asked.of.known, key, done.error()));
  }
  return document(documents::repaired_line(key.text(), name, *at));
}

response retry(const call& asked) { return repair(asked, "retry", &host::retry); }

response skip(const call& asked) { return repair(asked, "skip", &host::skip); }

response retry_all(const call& asked) {
  auto count =
      asked.of.over.retry_all({.type = std::string{asked.argument("type").value_or("")},
                               .error = std::string{asked.argument("error").value_or("")}});
  return count ? document(documents::retried_line(*count)) : problem(count.error());
}

response reset(const call& asked) {
  const auto key = key_of(asked);
  auto accept = asked.flag("accept_history");
  if (!accept) return problem(accept.error());
  const reset_options options{.accept_history = *accept};
  if (documents::names_many(asked.of.known, key)) {
    auto begun = asked.of.over.reset_type(key.text(), options);
    if (!begun) return problem(begun.error());
    return document(documents::reset_line(key.text(), *accept, *begun));
  }
  auto forgotten = documents::has_forgotten(asked.of.view.stored, key);
  if (!forgotten) return problem(forgotten.error());
  if (auto done = asked.of.over.reset(key, options); !done) return problem(done.error());
  return document(documents::reset_line(key.text(), *accept, *forgotten));
}

response what_if(const call& asked) {
  const auto key = key_of(asked);
  const auto turn = turn_for(asked.of, key);
  if (!turn) return problem(turn.error());
  auto of = documents::what_if(asked.of.source(), key);
  return of ? document(line_of(*of)) : problem(of.error());
}

result<std::optional<overdue_timers>> overdue_of(const call& asked) {
  const auto word = asked.argument("overdue");
  if (!word) return std::optional<overdue_timers>{};
  if (*word == "fire") return std::optional{overdue_timers::fire};
  if (*word == "skip") return std::optional{overdue_timers::skip};
  if (*word == "keep") return std::optional{overdue_timers::keep};
  return error{errc::invalid, "overdue is fire, skip or keep"};
}

/// What it would do, from what is stored.
response adoption_tried(const call& asked, const std::string& type,
                        std::optional<overdue_timers> overdue) {
  const auto& from = asked.of.view.stored;
  auto now = asked.of.source().look({});
  if (!now) return problem(now.error());
  auto flows = visit_waiting(*now, type, [](const waiting_flow&) { return true; });
  if (!flows) return problem(flows.error());
  auto plan = plan_adoption(from, type, asked.of.view.time.now());
  if (!plan) return problem(plan.error());
  auto decided = imported_decisions(from, type);
  if (!decided) return problem(decided.error());
  const auto count = std::max<std::uint64_t>(*flows, decided->size());
  return document(documents::adopted_line(type, true, plan->outcome(count, overdue)));
}

response adopt(const call& asked) {
  const auto& type = asked.variable("type");
  auto overdue = overdue_of(asked);
  if (!overdue) return problem(overdue.error());
  auto dry = asked.flag("dry_run");
  if (!dry) return problem(dry.error());
  if (*dry) return adoption_tried(asked, type, *overdue);
  auto adopted = asked.of.over.adopt(type, *overdue);
  if (!adopted) return problem(adopted.error());
  return document(documents::adopted_line(type, false, *adopted));
}

response switch_type(const call& asked) {
  const auto& type = asked.variable("type");
  auto drop = asked.flag("drop_old");
  if (!drop) return problem(drop.error());
  auto switched = asked.of.over.switch_type(type, {.drop_old = *drop});
  if (!switched) return problem(switched.error());
  return document(documents::switched_line(type, *switched));
}

endpoint changing(const char* path, const char* summary, std::vector<parameter> arguments,
                  response (*answer)(const call& asked)) {
  return {.method = "POST",
          .path = path,
          .summary = summary,
          .needs = access::everything,
          .arguments = std::move(arguments),
          .answer = answer};
}

}  // namespace

std::vector<endpoint> repair_endpoints() {
  return {
      changing("/v1/flows/{key}/retry", "Try the event again that a flow, or a type, stopped on",
               {}, retry),
      changing("/v1/flows/{key}/skip", "Pass that event by, and record so", {}, skip),
      changing("/v1/flows/{key}/reset", "Begin a flow, or all flows of a type, anew",
               {{"accept_history", "boolean", "Of a topic: take recorded reactions as they are"}},
               reset),
      changing("/v1/retry", "Try again with all flows that are stopped, or those that fit",
               {{"type", "string", "Only flows of this type"},
                {"error", "string", "Only those whose error contains this"}},
               retry_all),
      {.method = "POST",
       .path = "/v1/flows/{key}/what-if",
       .summary = "What the present code makes of the next event; nothing is saved",
       .answer = what_if},
      changing("/v1/types/{type}/adopt", "Run the flows of an imported type here",
               {{"overdue", "string", "What becomes of overdue timers: fire, skip or keep"},
                {"dry_run", "boolean", "Only say what it would do"}},
               adopt),
      changing("/v1/types/{type}/switch", "Serve the result of a query's newest version",
               {{"drop_old", "boolean", "Delete the former results"}}, switch_type),
  };
}

}  // namespace millrace::service
