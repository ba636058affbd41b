// GET /v1/queries: the state of a query's instances.
#include <fmt/format.h>

#include <chrono>

#include "base/service_limits.hpp"
#include "documents/flows.hpp"
#include "documents/past.hpp"
#include "host/watching.hpp"
#include "service/endpoints.hpp"
#include "service/flow_page.hpp"
#include "service/problem.hpp"
#include "service/query_state.hpp"
#include "service/waiting_room.hpp"

namespace millrace::service {
namespace {

using namespace std::chrono_literals;

constexpr auto usual_wait = 10s;

result<const flow_type*> query_of(const call& asked) {
  return query_named(asked.of.known, asked.variable("type"));
}

flow_key key_of(const flow_type& type, const std::string& id) {
  return type.single && id.empty() ? flow_key{type.name} : flow_key{type.name, id};
}

/// `If-None-Match`: a list of tags, or `*`. Weak ones compare as strong ones do.
bool is_known(const call& asked, std::string_view tag) {
  const auto known = asked.asked.header_of("if-none-match").value_or("");
  return known == "*" || known.find(tag) != known.npos;
}

std::string number_or_none(std::optional<position> at) {
  return at ? std::to_string(at->value) : "none";
}

response answer_of(const call& asked, const flow_type& type, const flow_key& key,
                   const raw_reading& read) {
  const auto tag = etag_of(read);
  response made;
  made.with("etag", tag)
      .with("cache-control", "private, no-cache")
      .with("millrace-scanned", number_or_none(read.scanned))
      .with("millrace-changed", number_or_none(read.changed));
  if (read.frozen) made.with("millrace-frozen", "true");
  if (is_known(asked, tag)) {
    made.status = 304;
    return made;
  }
  const auto turn = asked.of.large.take(read.state.size());
  if (!turn) return problem(large_states::taken());
  auto state = state_of(type, key, read);
  if (!state) return problem(state.error());
  made.body = std::move(*state);
  return made;
}

response past_of(const call& asked, const flow_key& key, position at) {
  const auto turn = turn_for(asked.of, key);
  if (!turn) return problem(turn.error());
  auto past = documents::look_back(asked.of.source(), key, at);
  if (!past) return problem(past.error());
  if (!past->then.alive) {
    return problem(
        {errc::not_found, fmt::format("{} was not alive after event {}", key.text(), at.value)});
  }
  return document(past->state.empty() ? "null" : past->state);
}

/// Waits until the instance has seen the position. It is not found only when all flows that the
/// event was routed to are done with it: who is not there by then was not started by it.
response read_at_least(const call& asked, const flow_type& type, const flow_key& key,
                       position wanted) {
  const auto until = asked.of.view.time.steady() + asked.wish_to_wait().value_or(usual_wait);
  const auto settled = std::make_shared<std::optional<wait_for_flows>>();
  return answer_when(asked.of, until, [=, &asked, &type](bool last) -> std::optional<response> {
    auto& of = asked.of;
    const auto outcome = *settled ? (*settled)->outcome() : std::nullopt;
    auto read = of.over.read(key);
    if (read && read->scanned && *read->scanned >= wanted)
      return answer_of(asked, type, key, *read);
    const bool is_missing = !read && read.error().code == errc::not_found;
    if (!read && (!is_missing || (outcome && *outcome))) return problem(read.error());
    if (is_missing && !*settled) settled->emplace(of.over, wanted, [&of] { of.room.note(); });
    if (of.stopping) return problem({errc::closed, "the service is ending"});
    if (!last) return std::nullopt;
    return problem({errc::timed_out,
                    fmt::format("{} has not seen position {} in time", key.text(), wanted.value)});
  });
}

response read_query(const call& asked) {
  auto type = query_of(asked);
  if (!type) return problem(type.error());
  const auto key = key_of(**type, asked.variable("id"));
  auto at = asked.number("at");
  if (!at) return problem(at.error());
  auto least = asked.number("min_position");
  if (!least) return problem(least.error());
  if (*at && *least) {
    return problem({errc::invalid, "at and min_position exclude each other"});
  }
  if (*at) return past_of(asked, key, position{**at});
  if (*least) return read_at_least(asked, **type, key, position{**least});
  auto read = asked.of.over.read(key);
  if (!read) return problem(read.error());
  return answer_of(asked, **type, key, *read);
}

response list_queries(const call& asked) {
  auto type = query_of(asked);
  if (!type) return problem(type.error());
  return list_flows_page(asked, {.type = (*type)->name, .name = "instances", .with_href = true});
}

}  // namespace

std::vector<endpoint> query_endpoints() {
  return {
      {.method = "GET",
       .path = "/v1/queries/{type}",
       .summary = "The instances of a query, by key",
       .arguments = {{"after", "string", "The key after which the page begins"},
                     {"limit", "integer", "Instances of a page (100, at most 1000)"}},
       .answer = list_queries},
      {.method = "GET",
       .path = "/v1/queries/{type}/{id}",
       .summary = "The state of one instance; the id is empty for a query that has one alone",
       .where = lane::waits,
       .arguments = {{"min_position", "integer", "Wait until it has seen this position"},
                     {"at", "integer", "As it was after this position"}},
       .statuses = {304},
       .answer = read_query},
  };
}

}  // namespace millrace::service
