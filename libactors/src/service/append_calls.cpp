// POST /v1/events: appends, and answers when that is on disk.
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>

#include <chrono>
#include <memory>

#include "base/service_limits.hpp"
#include "base/time_text.hpp"
#include "documents/done.hpp"
#include "documents/text.hpp"
#include "host/watching.hpp"
#include "service/appending.hpp"
#include "service/endpoints.hpp"
#include "service/new_events.hpp"
#include "service/problem.hpp"
#include "service/router.hpp"
#include "service/waiting_room.hpp"

namespace millrace::service {
namespace {

constexpr const char* delimited_type = "application/x-protobuf-delimited";
constexpr const char* lines_type = "application/x-ndjson";
constexpr const char* cloud_type = "application/cloudevents+json";
constexpr const char* cloud_batch_type = "application/cloudevents-batch+json";

/// Each payload after its length, as Protobuf's own libraries write many messages to one file.
/// Views of the body. Errors: invalid, too_large.
result<std::vector<std::string_view>> delimited(std::string_view body) {
  google::protobuf::io::CodedInputStream in{reinterpret_cast<const std::uint8_t*>(body.data()),
                                            static_cast<int>(body.size())};
  std::vector<std::string_view> all;
  while (static_cast<std::size_t>(in.CurrentPosition()) < body.size()) {
    std::uint32_t size = 0;
    const bool is_there = in.ReadVarint32(&size);
    const auto begin = static_cast<std::size_t>(in.CurrentPosition());
    if (!is_there || size > body.size() - begin) {
      return error{errc::invalid, fmt::format("event {} is cut off", all.size() + 1)};
    }
    if (all.size() == limits::append_events_max) {
      return error{errc::too_large,
                   fmt::format("more than {} events in one append", limits::append_events_max)};
    }
    all.push_back(body.substr(begin, size));
    in.Skip(static_cast<int>(size));
  }
  if (all.empty()) return error{errc::invalid, "the body has no event"};
  return all;
}

/// What arguments say of the events of a Protobuf body, whose payload is missing.
result<new_event> envelope_of(const call& asked) {
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
  return made;
}

/// The body is the payload of one event.
result<new_events> from_protobuf(const call& asked) {
  auto made = envelope_of(asked);
  if (!made) return made.error();
  made->payload = asked.asked.body;
  return new_events{std::move(*made)};
}

/// Or of many, of one type.
result<new_events> from_delimited(const call& asked) {
  auto each = envelope_of(asked);
  if (!each) return each.error();
  if (!each->id.empty()) {
    return error{errc::invalid, "many events have no id in common; Idempotency-Key gives each one"};
  }
  auto payloads = delimited(asked.asked.body);
  if (!payloads) return payloads.error();
  new_events made(payloads->size(), *each);
  for (std::size_t i = 0; i < made.size(); ++i) made[i].payload = (*payloads)[i];
  return made;
}

result<new_events> read_body(const call& asked) {
  const auto& types = asked.of.known.registry;
  const auto type = media_type_of(asked.asked);
  if (type == protobuf_type || type == x_protobuf_type) return from_protobuf(asked);
  if (type == delimited_type) return from_delimited(asked);
  if (!asked.where.query.empty()) {
    return error{errc::invalid, "only a Protobuf body takes its envelope from arguments"};
  }
  if (type == lines_type) return from_json_lines(asked.asked.body, types);
  if (type == cloud_type || type == cloud_batch_type) {
    return from_cloud_events(asked.asked.body, types);
  }
  return from_json(asked.asked.body, types);
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

struct handling {
  bool waited = false;
  std::string problem;  ///< empty: all is handled
};

response answer_of(const call& asked, const appended_events& done, const handling& handled) {
  page events{asked, "events"};
  for (std::size_t i = 0; i < done.at.size(); ++i) {
    static_cast<void>(events.add(documents::appended_line(done.at[i], done.is_repeat(i))));
  }
  auto made = std::move(events).finish({});
  made.status = !handled.problem.empty() ? 202 : done.all_repeated() ? 200 : 201;
  if (done.at.size() == 1) made.with("location", fmt::format("/v1/events/{}", done.at[0].value));
  if (handled.waited) made.with("preference-applied", "wait");
  if (!handled.problem.empty()) {
    made.with("millrace-unhandled", documents::dump(handled.problem));
  }
  return made;
}

/// Waits for the last event without holding a thread; when that is handled so are, as a rule, those
/// before it, and each of them is only asked about.
class waiting_for_flows {
 public:
  waiting_for_flows(const call& asked, std::vector<position> at)
      : over_(asked.of.over),
        at_(std::move(at)),
        last_(over_, at_.back(), [&room = asked.of.room] { room.note(); }) {}

  /// None: not yet.
  std::optional<result<void>> look() {
    if (!is_last_done_) {
      auto outcome = last_.outcome();
      if (!outcome || !*outcome) return outcome;
      is_last_done_ = true;
    }
    for (std::size_t asked = 0; next_ + 1 < at_.size(); ++next_) {
      if (++asked > asked_at_once) return std::nullopt;
      auto outcome = over_.wait(at_[next_], soon);
      if (!outcome && outcome.error().code == errc::timed_out) return std::nullopt;
      if (!outcome) return outcome;
    }
    return result<void>{};
  }

 private:
  static constexpr std::size_t asked_at_once = 1000;
  static constexpr duration soon = std::chrono::milliseconds{1};

  host& over_;
  std::vector<position> at_;
  wait_for_flows last_;
  bool is_last_done_ = false;
  std::size_t next_ = 0;
};

response answer_when_handled(const call& asked, appended_events done, duration limit) {
  const auto until = asked.of.view.time.steady() + limit;
  const auto waits = std::make_shared<waiting_for_flows>(asked, done.at);
  return answer_when(asked.of, until,
                     [&asked, waits, done = std::move(done)](bool last) -> std::optional<response> {
                       handling handled{.waited = true, .problem = {}};
                       auto outcome = waits->look();
                       if (!outcome && !last) return std::nullopt;
                       if (!outcome) {
                         handled.problem = "the time limit passed first";
                       } else if (!*outcome) {
                         handled.problem = outcome->error().message;
                       }
                       return answer_of(asked, done, handled);
                     });
}

response append(const call& asked) {
  auto events = read_body(asked);
  if (!events) return problem(events.error());
  auto condition = condition_of(asked);
  if (!condition) return problem(condition.error());
  auto done = append_now(asked, std::move(*events), *condition);
  if (auto* refused = std::get_if<response>(&done)) return std::move(*refused);
  auto& appended = std::get<appended_events>(done);
  if (const auto limit = asked.wish_to_wait(); limit && !appended.at.empty()) {
    return answer_when_handled(asked, std::move(appended), *limit);
  }
  return answer_of(asked, appended, {});
}

}  // namespace

std::vector<endpoint> append_endpoints() {
  return {{.method = "POST",
           .path = "/v1/events",
           .summary = "Append one or many events, all or none; answered when they are on disk",
           .where = lane::waits_after_append,
           .needs = access::everything,
           .arguments = {{"type", "string", "Of a Protobuf body: the event's type"},
                         {"id", "string", "Of a Protobuf body: makes a repeat harmless"},
                         {"correlation", "string", "Of a Protobuf body"},
                         {"user", "string", "Of a Protobuf body"},
                         {"cause", "integer", "Of a Protobuf body: position of the cause"},
                         {"due", "string", "Of a Protobuf body: put it on the schedule"}},
           .accepted = {json_type, lines_type, protobuf_type, x_protobuf_type, delimited_type,
                        cloud_type, cloud_batch_type},
           .statuses = {201, 202},
           .answer = append}};
}

}  // namespace millrace::service
