// append: one event.
#include <fmt/format.h>
#include <unistd.h>

#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "documents/done.hpp"
#include "documents/flow.hpp"
#include "documents/text.hpp"

namespace millrace::cli {
namespace {

result<std::string> read_standard_input() {
  std::string text;
  char buffer[64 << 10];
  while (true) {
    const auto got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error{errc::invalid, "standard input cannot be read"};
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > limits::event_size_max) {
      return error{errc::too_large,
                   fmt::format("standard input holds more than {} bytes, the limit "
                               "of an event",
                               limits::event_size_max)};
    }
  }
}

error unknown_type(const context& in, const std::string& type) {
  std::string text = fmt::format("no flow of {} observes {}", in.program, type);
  const auto near = near_names(type, in.known.registry.names());
  if (!near.empty()) text += fmt::format("; did you mean {}?", fmt::join(near, " or "));
  return {errc::unknown_type, text + " (--any-type appends it as JSON)"};
}

/// Typed when a flow here observes the type; JSON otherwise.
result<void> fill_payload(const context& in, const append_options& options, new_event& made) {
  auto data = options.data == "-" ? read_standard_input() : result<std::string>{options.data};
  if (!data) return data.error();
  if (in.known.registry.find(options.type) == nullptr) {
    made.payload = std::move(*data);
    made.content_type = content_type_json;
    return {};
  }
  auto payload = in.known.registry.from_json(options.type, *data);
  if (!payload) return payload.error();
  made.payload = std::move(*payload);
  return {};
}

result<new_event> event_of(const context& in, const append_options& options) {
  new_event made{.type = options.type};
  made.id = options.id;
  made.correlation_id = options.correlation;
  made.user = options.user;
  made.due = options.due;
  if (options.cause) made.cause = position{*options.cause};
  for (const auto& text : options.headers) {
    const auto split = text.find('=');
    made.headers.push_back({text.substr(0, split), text.substr(split + 1)});
  }
  for (const auto& text : options.routes) {
    if (!made.routes) made.routes.emplace();
    made.routes->push_back(flow_key::parse(text));
  }
  if (auto filled = fill_payload(in, options, made); !filled) return filled.error();
  return made;
}

/// The event as a daemon takes it. The payload was checked: it is JSON again.
result<std::string> body_of(const context& in, const new_event& event) {
  json head = {{"type", event.type}};
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) head[name] = value;
  };
  text("id", event.id);
  text("correlation", event.correlation_id);
  text("user", event.user);
  if (event.cause) head["cause"] = event.cause->value;
  if (event.due) head["due"] = to_text(*event.due);
  for (const auto& one : event.headers) {
    head["headers"].push_back({{"name", one.name}, {"value", one.value}});
  }
  for (const auto& key : event.routes.value_or(explicit_routes{})) {
    head["routes"].push_back(key.text());
  }
  auto data = in.known.registry.to_json(event.type, event.content_type, event.payload);
  if (!data) return data.error();
  return documents::with(dump(head), "data", *data);
}

outcome append_through_daemon(const context& in, const error& why, const new_event& event) {
  if (why.code != errc::in_use) return why;
  auto body = body_of(in, event);
  if (!body) return body.error();
  auto answer = answer_of_daemon(in, {.target = "/v1/events", .body = std::move(*body)});
  if (!answer) return answer.error();
  if (!*answer) return why;
  const auto appended = json::parse(**answer)["events"][0];
  if (in.json) {
    in.out.json(dump(appended));
  } else {
    in.out.line(std::to_string(appended["position"].get<std::uint64_t>()));
  }
  return exit_code::done;
}

}  // namespace

outcome append(const context& in, const append_options& options) {
  const bool strict = !in.types.empty() && !options.any_type;
  if (strict && in.known.registry.find(options.type) == nullptr) {
    return unknown_type(in, options.type);
  }
  auto made = event_of(in, options);
  if (!made) return made.error();
  // Before a store is made for it.
  if (auto checked = in.known.registry.check(*made, strict); !checked) return checked.error();

  auto opened = in.open_host({.strict = strict, .run_flows = false}, true);
  if (!opened) return append_through_daemon(in, opened.error(), *made);
  host& over = **opened;
  const auto tail = over.tail();
  if (made->cause && *made->cause >= tail) {
    return error{errc::not_found,
                 fmt::format("there is no event at position {} to be the cause", *options.cause)};
  }
  auto appended = over.append(std::move(*made)).get();
  if (!appended) return appended.error();
  over.stop();
  const position at = appended->front();
  if (in.json) {
    in.out.json(documents::appended_line(at, at < tail));
  } else {
    in.out.line(std::to_string(at.value));
  }
  return exit_code::done;
}

}  // namespace millrace::cli
