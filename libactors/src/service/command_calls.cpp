// POST /v1/commands: appends one event, and answers with what comes of it.
#include <fmt/format.h>

#include "base/chance.hpp"
#include "base/service_limits.hpp"
#include "documents/flow.hpp"
#include "documents/text.hpp"
#include "service/appending.hpp"
#include "service/command_watch.hpp"
#include "service/endpoints.hpp"
#include "service/problem.hpp"
#include "service/router.hpp"
#include "service/waiting_room.hpp"

namespace millrace::service {
namespace {

struct wish {
  std::vector<std::string> answers;
  duration limit = limits::command_wait_usual;
};

result<wish> wish_of(const call& asked) {
  wish made;
  auto names = asked.argument("until").value_or("");
  while (!names.empty()) {
    const auto end = names.find(',');
    if (end > 0) made.answers.emplace_back(names.substr(0, end));
    names.remove_prefix(end == names.npos ? names.size() : end + 1);
  }
  if (made.answers.empty()) {
    return error{errc::invalid, "until names the types of event that answer the command"};
  }
  auto limit = asked.time("timeout", limits::call_wait_max);
  if (!limit) return limit.error();
  if (*limit) made.limit = **limit;
  return made;
}

result<new_event> command_of(const call& asked) {
  const auto& name = asked.variable("type");
  const auto type = media_type_of(asked.asked);
  new_event made;
  if (type == protobuf_type || type == x_protobuf_type) {
    made.type = name;
    made.payload = asked.asked.body;
  } else {
    auto event = from_data(name, asked.asked.body, asked.of.known.registry);
    if (!event) return event;
    made = std::move(*event);
  }
  const auto correlation = asked.argument("correlation");
  made.correlation_id = correlation ? std::string{*correlation} : "command " + chance_name();
  made.user = std::string{asked.argument("user").value_or("")};
  return made;
}

std::string status_address(position command) {
  return fmt::format("/v1/events/{}/trace", command.value);
}

/// The problem says what was appended all the same, and where to look for the rest.
response unanswered(position command, unsigned status, const error& why) {
  auto made = problem(status, why);
  made.body = documents::with(std::move(made.body), "command", std::to_string(command.value));
  made.body =
      documents::with(std::move(made.body), "status_url", documents::dump(status_address(command)));
  return std::move(made).with("location", status_address(command));
}

response stopped(position command, const flow_key& key, position at, const std::string& message) {
  auto made = unanswered(
      command, 500,
      {errc::stopped, fmt::format("{} is stopped on event {}: {}", key.text(), at.value, message)});
  made.body = documents::with(std::move(made.body), "flow", documents::dump(key.text()));
  made.body = documents::with(std::move(made.body), "position", std::to_string(at.value));
  return made;
}

response answered(const call& asked, position command, position at) {
  auto event = documents::read_event(asked.of.view.stored, asked.of.known.registry, at);
  if (!event) return problem(event.error());
  return document(line_of(head_of(*event), *event))
      .with("location", fmt::format("/v1/events/{}", command.value));
}

/// Of a command that was there before: a topic may have stopped on it long ago.
result<std::optional<response>> stopped_before(const call& asked, const consequences& of) {
  std::optional<response> found;
  auto read = asked.of.over.flows([&](const flow_summary& each) {
    if (found || !each.error_position || !of.has(*each.error_position)) return;
    const auto type = asked.of.known.table.find(each.key.type());
    if (!type || !asked.of.known.table.types()[*type]->topic) return;
    found = stopped(of.command(), each.key, *each.error_position, each.error_message);
  });
  if (!read) return read.error();
  return found;
}

result<std::string> correlation_of(const call& asked, position command) {
  auto event = documents::read_event(asked.of.view.stored, asked.of.known.registry, command);
  if (!event) return event.error();
  return event->envelope.correlation_id();
}

/// What a command that waits has.
struct waiting_command {
  waiting_command(std::shared_ptr<command_feed> from, consequences wanted)
      : feed(std::move(from)), of(std::move(wanted)) {}
  ~waiting_command() { feed->leave(of); }
  waiting_command(const waiting_command&) = delete;
  waiting_command& operator=(const waiting_command&) = delete;

  std::shared_ptr<command_feed> feed;
  consequences of;
};

response answer_of(const call& asked, position command, const command_end& end) {
  if (end.answer) return answered(asked, command, *end.answer);
  if (end.stopped) return stopped(command, end.stopped->key, end.stopped->at, end.stopped->message);
  return unanswered(command, 504,
                    {errc::timed_out, fmt::format("it led to more than {} events, none of which "
                                                  "answers it",
                                                  limits::command_effects_max)});
}

/// Of one that was there before, what it led to is looked up, and where to look from then on is
/// given; or how it ended long ago.
std::variant<position, response> look_into_past(const call& asked, consequences& of) {
  auto seen = look_back(asked.of.view.stored, of);
  if (!seen) return problem(seen.error());
  if (of.answer()) return *seen;
  auto before = stopped_before(asked, of);
  if (!before) return problem(before.error());
  if (*before) return std::move(**before);
  return *seen;
}

response wait_for_answer(const call& asked, std::shared_ptr<command_feed> feed, wish wanted,
                         const appended_events& done) {
  const auto until = asked.of.view.time.steady() + wanted.limit;
  const auto command = done.at.front();
  auto correlation = correlation_of(asked, command);
  if (!correlation) return problem(correlation.error());
  const auto waits = std::make_shared<waiting_command>(
      std::move(feed), consequences{{.command = command,
                                     .correlation = std::move(*correlation),
                                     .answers = std::move(wanted.answers)}});
  std::variant<position, response> from = command.next();
  if (done.is_repeat(0)) from = look_into_past(asked, waits->of);
  if (auto* ended = std::get_if<response>(&from)) return std::move(*ended);
  if (auto joined = waits->feed->join(waits->of, std::get<position>(from)); !joined) {
    return unanswered(command, status_of(joined.error().code), joined.error());
  }
  return answer_when(asked.of, until, [&asked, waits, command](bool last) {
    std::optional<response> made;
    if (const auto end = waits->feed->look(waits->of)) {
      made = answer_of(asked, command, *end);
    } else if (asked.of.stopping) {
      made = unanswered(command, 503, {errc::closed, "the service is ending"});
    } else if (last) {
      made =
          unanswered(command, 504, {errc::timed_out, "nothing that was waited for came in time"});
    }
    return made;
  });
}

response command(const call& asked) {
  auto wanted = wish_of(asked);
  if (!wanted) return problem(wanted.error());
  auto event = command_of(asked);
  if (!event) return problem(event.error());
  // Before the append: from here on nothing is missed.
  auto feed = asked.of.commands.join(asked.of.over, asked.of.view.stored, asked.of.known,
                                     [&room = asked.of.room] { room.note(); });
  new_events events;
  events.push_back(std::move(*event));
  auto done = append_now(asked, std::move(events), {});
  if (auto* refused = std::get_if<response>(&done)) return std::move(*refused);
  return wait_for_answer(asked, std::move(feed), std::move(*wanted),
                         std::get<appended_events>(done));
}

}  // namespace

std::vector<endpoint> command_endpoints() {
  return {{.method = "POST",
           .path = "/v1/commands/{type}",
           .summary = "Append an event, and answer with the first one it leads to of these types",
           .where = lane::waits_after_append,
           .needs = access::everything,
           .arguments = {{"until", "string", "Event types, with commas between them"},
                         {"timeout", "string", "How long to wait: 5s (the default), 500ms"},
                         {"correlation", "string", "The correlation id; else one is made"},
                         {"user", "string", "Who asks"}},
           .accepted = {json_type, protobuf_type, x_protobuf_type},
           .statuses = {},
           .answer = command}};
}

}  // namespace millrace::service
