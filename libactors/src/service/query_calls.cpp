// GET /v1/queries: the state of a query's instances.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/service_limits.hpp"
#include "documents/flows.hpp"
#include "documents/past.hpp"
#include "service/endpoints.hpp"
#include "service/flow_page.hpp"
#include "service/problem.hpp"
#include "service/query_state.hpp"

namespace millrace::service {
namespace {

using namespace std::chrono_literals;

constexpr auto usual_wait = 10s;
constexpr auto look_interval = 10ms;

result<const flow_type*> query_of(const call& asked) {
  return query_named(asked.of.known, asked.variable("type"));
}

flow_key key_of(const flow_type& type, const std::string& id) {
  return type.single && id.empty() ? flow_key{type.name} : flow_key{type.name, id};
}

/// As host::read, but not_found only when the router and all flows are done with the event: who is
/// not there by then was not started by it.
result<raw_reading> read_when_settled(const call& asked, const flow_key& key, position at) {
  auto read = asked.of.over.read(key);
  if (read || read.error().code != errc::not_found) return read;
  if (!asked.of.over.wait(at, duration{0})) return error{errc::timed_out, {}};
  return asked.of.over.read(key);
}

/// Asks until the instance has seen the position. Errors: timed_out, and those of host::read.
result<raw_reading> read_at_least(const call& asked, const flow_key& key, position wanted) {
  std::optional<raw_reading> found;
  const auto limit = asked.wish_to_wait().value_or(usual_wait);
  auto done = wait_in_slices(asked.of, limit, [&](duration slice) -> result<void> {
    const auto end = std::chrono::steady_clock::now() + slice;
    for (;;) {
      auto read = read_when_settled(asked, key, wanted);
      if (!read && read.error().code != errc::timed_out) return read.error();
      if (read && read->scanned && *read->scanned >= wanted) {
        found = std::move(*read);
        return {};
      }
      if (std::chrono::steady_clock::now() >= end) {
        return error{errc::timed_out,
                     fmt::format("{} has not seen position {} in time", key.text(), wanted.value)};
      }
      std::this_thread::sleep_for(look_interval);
    }
  });
  if (!done) return done.error();
  return std::move(*found);
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
  auto state = state_of(type, key, read);
  if (!state) return problem(state.error());
  made.body = std::move(*state);
  return made;
}

response past_of(const call& asked, const flow_key& key, position at) {
  auto past = documents::look_back(asked.of.source(), key, at);
  if (!past) return problem(past.error());
  if (!past->then.alive) {
    return problem(
        {errc::not_found, fmt::format("{} was not alive after event {}", key.text(), at.value)});
  }
  return document(past->state.empty() ? "null" : past->state);
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
  auto read = *least ? read_at_least(asked, key, position{**least}) : asked.of.over.read(key);
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
