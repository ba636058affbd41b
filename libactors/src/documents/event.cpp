#include "documents/event.hpp"

#include <fmt/format.h>

#include <array>

#include "base/time_text.hpp"
#include "documents/text.hpp"
#include "wire/system_events.hpp"
#include "wire/window.hpp"

namespace millrace::documents {
namespace {

timestamp time_of(std::int64_t micros) { return timestamp{duration{micros}}; }

std::string system_data(const event_row& row) {
  v1::TimersCancelled body;
  if (!body.ParseFromArray(row.payload.data(), static_cast<int>(row.payload.size()))) return {};
  json positions = json::array();
  for (const auto at : body.positions()) positions.push_back(at);
  return dump({{"positions", positions}});
}

}  // namespace

shown_event decode(const type_registry& types, const event_row& row) {
  shown_event made{.at = row.at, .type = std::string{row.type}, .time = row.time};
  if (!made.envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()))) {
    made.envelope.Clear();
    made.problem = "the envelope does not decode";
  }
  made.data = "null";
  if (row.type == timers_cancelled_type) {
    if (auto data = system_data(row); !data.empty()) made.data = std::move(data);
    return made;
  }
  const auto& content_type = made.envelope.content_type();
  auto data = types.to_json(row.type, content_type, row.payload);
  if (!data) {
    if (made.problem.empty()) made.problem = data.error().message;
    return made;
  }
  made.data = std::move(*data);
  made.is_base64 = content_type != content_type_json &&
                   (!content_type.empty() || types.find(row.type) == nullptr);
  return made;
}

result<shown_event> read_event(const store& from, const type_registry& types, position at) {
  std::optional<shown_event> found;
  const std::array<position, 1> wanted{at};
  auto read = from.fetch(wanted, [&](const event_row& row) {
    found = decode(types, row);
    return false;
  });
  if (!read) return read.error();
  if (found) return std::move(*found);
  const auto tail = from.tail();
  return error{errc::not_found,
               fmt::format("there is no event at position {}: {}", at.value,
                           tail == position{} ? std::string{"the timeline is empty"}
                                              : fmt::format("the last one is {}", tail.value - 1))};
}

json head_of(const shown_event& event) {
  const auto& envelope = event.envelope;
  json head = {{"position", event.at.value}, {"type", event.type}, {"time", to_text(event.time)}};
  head["cause"] = envelope.has_cause() ? json(envelope.cause()) : json(nullptr);
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) head[name] = value;
  };
  text("id", envelope.id());
  text("correlation", envelope.correlation_id());
  text("user", envelope.user());
  if (envelope.has_due()) head["due"] = to_text(time_of(envelope.due()));
  if (envelope.from_schedule()) head["from_schedule"] = true;
  if (!envelope.emitter().empty()) {
    head["emitter"] = envelope.emitter();
    head["ordinal"] = envelope.ordinal();
    head["depth"] = envelope.depth();
  }
  if (envelope.has_timer()) {
    head["timer"] = {{"flow", envelope.timer().flow()}, {"cause", envelope.timer().cause()}};
  }
  for (const auto& one : envelope.headers()) {
    head["headers"].push_back({{"name", one.name()}, {"value", one.value()}});
  }
  if (envelope.has_routes()) {
    head["routes"] = json::array();
    for (const auto& key : envelope.routes().keys()) head["routes"].push_back(key);
  }
  if (!event.problem.empty()) head["problem"] = event.problem;
  text("content_type", envelope.content_type());
  if (event.is_base64) head["encoding"] = "base64";
  return head;
}

std::string line_of(const json& head, const shown_event& event) {
  std::string line = dump(head);
  line.back() = ',';
  return line.append("\"data\":").append(event.data).append(1, '}');
}

std::string remarks(const shown_event& event) {
  const auto& envelope = event.envelope;
  std::string text;
  const auto add = [&](const std::string& more) {
    if (!text.empty()) text += ", ";
    text += more;
  };
  if (envelope.from_schedule()) {
    add(fmt::format("fires {}", envelope.cause()));
  } else if (envelope.has_cause()) {
    add(fmt::format("cause {}", envelope.cause()));
  }
  if (!envelope.emitter().empty()) add("by " + envelope.emitter());
  if (envelope.has_due()) add("due " + to_text(time_of(envelope.due())));
  if (!envelope.user().empty()) add("user " + envelope.user());
  if (!event.problem.empty()) add(event.problem);
  return inert(text);
}

std::string excerpt(const shown_event& event, std::size_t width) {
  // Cut twice: making a long payload inert costs more than showing a little of it.
  const std::string_view data{event.data};
  const auto near = width == 0 ? data : data.substr(0, width * 8 + 16);
  auto shown = shorten(inert(near), width);
  if (near.size() < data.size() && !shown.ends_with("…")) shown += "…";
  return shown;
}

std::string named(const shown_event& event) {
  return inert(
      fmt::format("event {}, {}, recorded {}", event.at.value, event.type, to_text(event.time)));
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json number_or_null(std::optional<position> at) { return at ? json(at->value) : json(nullptr); }

std::string text_or_dash(std::optional<position> at) {
  return at ? std::to_string(at->value) : "-";
}

}  // namespace millrace::documents
