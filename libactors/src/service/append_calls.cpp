// POST /v1/events: appends, and answers when that is on disk.
#include <fmt/format.h>

#include <algorithm>

#include "base/service_limits.hpp"
#include "base/time_text.hpp"
#include "documents/done.hpp"
#include "documents/text.hpp"
#include "service/endpoints.hpp"
#include "service/new_events.hpp"
#include "service/problem.hpp"
#include "service/router.hpp"

namespace millrace::service {
namespace {

constexpr const char* json_type = "application/json";
constexpr const char* lines_type = "application/x-ndjson";
constexpr const char* protobuf_type = "application/protobuf";
constexpr const char* x_protobuf_type = "application/x-protobuf";
constexpr const char* cloud_type = "application/cloudevents+json";
constexpr const char* cloud_batch_type = "application/cloudevents-batch+json";

/// One event whose payload is the body; the rest of it are arguments.
result<new_events> from_protobuf(const call& asked) {
  new_event made;
  const auto text = [&](std::string_view name) {
    return std::string{asked.argument(name).value_or("")};
  };
  made.type = text("type");
  made.id = text("id");
  made.correlation_id = text("correlation");
  made.user = text("user");
  auto cause = asked.number("cause");
  if (!cause) return cause.error();
  if (*cause) made.cause = position{**cause};
  if (const auto due = asked.argument("due")) {
    made.due = parse_time(*due);
    if (!made.due) return error{errc::invalid, "due is no time like 2025-01-31T09:15:00Z"};
  }
  made.payload = asked.asked.body;
  return new_events{std::move(made)};
}

result<new_events> read_body(const call& asked) {
  const auto& types = asked.of.known.registry;
  const auto type = media_type_of(asked.asked);
  if (type == protobuf_type || type == x_protobuf_type) return from_protobuf(asked);
  if (!asked.where.query.empty()) {
    return error{errc::invalid, "only a Protobuf body takes its envelope from arguments"};
  }
  if (type == lines_type) return from_json_lines(asked.asked.body, types);
  if (type == cloud_type || type == cloud_batch_type) {
    return from_cloud_events(asked.asked.body, types);
  }
  return from_json(asked.asked.body, types);
}

/// Events without an id get one of the key: the same request appends them once.
result<void> take_key(const call& asked, new_events& events) {
  auto key = asked.asked.header_of("idempotency-key");
  if (!key) return {};
  if (key->size() > 1 && key->front() == '"' && key->back() == '"') {
    key = key->substr(1, key->size() - 2);
  }
  const bool visible =
      std::all_of(key->begin(), key->end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (key->empty() || key->size() > limits::idempotency_key_size_max || !visible) {
    return error{errc::invalid, fmt::format("Idempotency-Key has 1 to {} visible ASCII characters",
                                            limits::idempotency_key_size_max)};
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].id.empty()) events[i].id = fmt::format("{} {}/{}", *key, i + 1, events.size());
  }
  return {};
}

/// `If-Match: "17"`: only if the timeline ends there.
result<append_condition> condition_of(const call& asked) {
  append_condition made;
  auto tag = asked.asked.header_of("if-match");
  if (!tag) return made;
  const bool quoted = tag->size() > 2 && tag->front() == '"' && tag->back() == '"';
  const auto tail =
      quoted ? documents::parse_number(tag->substr(1, tag->size() - 2)) : std::nullopt;
  if (!tail) return error{errc::invalid, "If-Match is the tail in quotes, like \"17\""};
  made.tail = position{*tail};
  return made;
}

result<void> check_causes(const new_events& events, position tail) {
  for (const auto& one : events) {
    if (!one.cause || *one.cause < tail) continue;
    return error{errc::not_found,
                 fmt::format("there is no event at position {} to be the cause", one.cause->value)};
  }
  return {};
}

/// What was asked for, for comparing it with what is there; to the letter or by meaning.
std::string meaning_of(const type_registry& types, const new_event& wanted) {
  const auto data = types.to_json(wanted.type, wanted.content_type, wanted.payload);
  return wanted.type + ' ' + (data ? *data : wanted.payload);
}

/// A key, or an id, that stands for something else already: that would be dropped without a word.
/// Also of those that seem new: another call with the same id may be under way.
result<void> check_repeats(const call& asked, const std::vector<std::string>& meanings,
                           const std::vector<position>& at, position tail_before) {
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (meanings[i].empty()) continue;  // it has no id
    auto found = documents::read_event(asked.of.view.stored, asked.of.known.registry, at[i]);
    if (!found) return found.error();
    if (found->type + ' ' + found->data == meanings[i]) continue;
    const bool some =
        std::any_of(at.begin(), at.end(), [&](position each) { return each >= tail_before; });
    return error{errc::conflict,
                 fmt::format("event {} was not appended: its id belongs to another event, at "
                             "position {}{}",
                             i + 1, at[i].value, some ? "; those with new ids were" : "")};
  }
  return {};
}

struct handling {
  bool waited = false;
  std::string problem;  ///< empty: all is handled
};

handling wait_for_flows(const call& asked, const std::vector<position>& at) {
  const auto limit = asked.wish_to_wait();
  if (!limit) return {};
  handling made{.waited = true, .problem = {}};
  const auto begun = asked.of.view.time.steady();
  for (const auto each : at) {
    const auto left = *limit - (asked.of.view.time.steady() - begun);
    auto handled = wait_in_slices(asked.of, std::max(left, duration{0}),
                                  [&](duration slice) { return asked.of.over.wait(each, slice); });
    if (handled) continue;
    made.problem = handled.error().message;
    break;
  }
  return made;
}

response answer_of(const call& asked, const std::vector<position>& at, position tail_before) {
  const auto handled = wait_for_flows(asked, at);
  page events{asked, "events"};
  for (const auto each : at) {
    static_cast<void>(events.add(documents::appended_line(each, each < tail_before)));
  }
  auto made = std::move(events).finish({});
  const bool repeated =
      std::all_of(at.begin(), at.end(), [&](position each) { return each < tail_before; });
  made.status = !handled.problem.empty() ? 202 : repeated ? 200 : 201;
  if (at.size() == 1) made.with("location", fmt::format("/v1/events/{}", at.front().value));
  if (handled.waited) made.with("preference-applied", "wait");
  if (!handled.problem.empty()) {
    made.with("millrace-unhandled", documents::dump(handled.problem));
  }
  return made;
}

response append(const call& asked) {
  auto& over = asked.of.over;
  auto events = read_body(asked);
  if (!events) return problem(events.error());
  if (auto keyed = take_key(asked, *events); !keyed) return problem(keyed.error());
  auto condition = condition_of(asked);
  if (!condition) return problem(condition.error());
  const auto tail = over.tail();
  if (auto known = check_causes(*events, tail); !known) return problem(400, known.error());
  std::vector<std::string> meanings;
  for (const auto& one : *events) {
    meanings.push_back(one.id.empty() ? "" : meaning_of(asked.of.known.registry, one));
  }
  auto at = over.append(std::move(*events), *condition).get();
  if (!at) {
    const auto code = at.error().code;
    if (code == errc::conflict) return problem(412, at.error());
    return code == errc::unknown_type ? problem(422, at.error()) : problem(at.error());
  }
  if (auto same = check_repeats(asked, meanings, *at, tail); !same) {
    return problem(422, same.error());
  }
  return answer_of(asked, *at, tail);
}

}  // namespace

std::vector<endpoint> append_endpoints() {
  return {{.method = "POST",
           .path = "/v1/events",
           .summary = "Append one or many events, all or none; answered when they are on disk",
           .where = lane::waits,
           .needs = access::everything,
           .arguments = {{"type", "string", "Of a Protobuf body: the event's type"},
                         {"id", "string", "Of a Protobuf body: makes a repeat harmless"},
                         {"correlation", "string", "Of a Protobuf body"},
                         {"user", "string", "Of a Protobuf body"},
                         {"cause", "integer", "Of a Protobuf body: position of the cause"},
                         {"due", "string", "Of a Protobuf body: put it on the schedule"}},
           .accepted = {json_type, lines_type, protobuf_type, x_protobuf_type, cloud_type,
                        cloud_batch_type},
           .statuses = {201, 202},
           .answer = append}};
}

}  // namespace millrace::service
