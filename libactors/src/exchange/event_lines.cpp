#include "exchange/event_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "exchange/json_text.hpp"
#include "exchange/placing.hpp"
#include "millrace/event.hpp"
#include "wire/system_events.hpp"

namespace millrace::exchange {

namespace {

enum field : std::size_t {
  position_field,
  type_field,
  time_field,
  data_field,
  encoding_field,
  envelope_field,
  // What the envelope says, unless it is there as a whole.
  id_field,
  cause_field,
  correlation_field,
  user_field,
  due_field,
  from_schedule_field,
  emitter_field,
  ordinal_field,
  depth_field,
  timer_field,
  headers_field,
  routes_field,
  content_type_field,
  field_count,
};

// Never change.
constexpr std::array<std::string_view, field_count> field_names{
    "position", "type",        "time",    "data",   "encoding",      "envelope", "id",
    "cause",    "correlation", "user",    "due",    "from_schedule", "emitter",  "ordinal",
    "depth",    "timer",       "headers", "routes", "content_type"};

constexpr std::size_t shown_size_max = 80;

}  // namespace

/// Of a line. Names that repeat: the last one counts.
struct event_lines::members {
  std::array<maybe_value, field_count> values;
  std::optional<std::size_t> data;  ///< its place in the line

  [[nodiscard]] bool take(const simdjson::dom::object& line, complaint& wrong) {
    std::size_t index = 0;
    for (const auto member : line) {
      const auto known = std::find(field_names.begin(), field_names.end(), member.key);
      if (known == field_names.end()) {
        return wrong.say(fmt::format("it has a member \"{}\", which this version does not know",
                                     to_utf8(member.key, shown_size_max)));
      }
      const auto which = static_cast<std::size_t>(known - field_names.begin());
      if (which == data_field) data = index;
      values[which] = present(member.value);
      ++index;
    }
    return true;
  }
  [[nodiscard]] const maybe_value& operator[](field which) const { return values[which]; }
};

bool is_event_line(const simdjson::dom::object& line) {
  return line["position"].error() == simdjson::SUCCESS && line["type"].error() == simdjson::SUCCESS;
}

std::optional<std::string> event_lines::read(const json_line& line, position next, part& into) {
  if (read_event(line, next, into)) return std::nullopt;
  return wrong_.why();
}

bool event_lines::read_event(const json_line& line, position next, part& into) {
  members has;
  event_row row;
  if (!has.take(line.root(), wrong_)) return false;
  if (!wrong_.need_position("position", has[position_field], row.at)) return false;
  if (!check_order(row.at, next, wrong_)) return false;
  if (!wrong_.need_text("type", has[type_field], row.type)) return false;
  if (!wrong_.check_type_name(row.type, names::also_own)) return false;
  if (!wrong_.need_time("time", has[time_field], row.time)) return false;
  if (!read_envelope(has, into, row)) return false;
  if (!wrong_.check_cause(envelope_, row.at)) return false;
  if (!read_payload(line, has, into, row)) return false;
  cancelled_.Clear();
  if (row.type == timers_cancelled_type && !check_cancelled(row)) return false;
  if (!place(row, envelope_, into, wrong_)) return false;
  types_.add(envelope_, into);
  for (const auto at : cancelled_.positions()) into.unscheduled.push_back({at});
  return true;
}

bool event_lines::read_envelope(const members& has, part& into, event_row& row) {
  envelope_.Clear();
  if (has[envelope_field]) return read_raw_envelope(has, into, row);
  std::optional<position> cause;
  if (!wrong_.take_position("cause", has[cause_field], cause)) return false;
  if (cause) envelope_.set_cause(cause->value);
  std::optional<timestamp> due;
  if (!wrong_.take_time("due", has[due_field], due)) return false;
  if (due) envelope_.set_due(due->time_since_epoch().count());
  bool fired = false;
  if (!wrong_.take_flag("from_schedule", has[from_schedule_field], fired)) return false;
  envelope_.set_from_schedule(fired);
  if (!read_texts(has) || !read_emitter(has)) return false;
  std::optional<simdjson::dom::array> headers, routes;
  if (!wrong_.take_array("headers", has[headers_field], headers)) return false;
  if (headers && !read_headers(*headers)) return false;
  if (!wrong_.take_array("routes", has[routes_field], routes)) return false;
  return !routes || read_routes(*routes);
}

/// An envelope that has more than a line's members can say, in base64.
bool event_lines::read_raw_envelope(const members& has, part& into, event_row& row) {
  for (std::size_t which = id_field; which < field_count; ++which) {
    if (has.values[which]) {
      return wrong_.say(fmt::format("it has both envelope and {}", field_names[which]));
    }
  }
  std::string_view text;
  if (!wrong_.take_text("envelope", has[envelope_field], text)) return false;
  char* const bytes = into.arena.room(base64_size_max(text.size()));
  std::size_t size = 0;
  if (decode_base64(text, bytes, size)) {
    row.envelope = {bytes, size};
    if (envelope_.ParseFromArray(bytes, static_cast<int>(size))) return true;
  }
  return wrong_.say("envelope is no envelope in base64");
}

bool event_lines::read_texts(const members& has) {
  std::string_view id, correlation, user, content_type;
  if (!wrong_.take_text("id", has[id_field], id)) return false;
  if (!wrong_.check_size("an event id", id.size(), limits::event_id_size_max)) return false;
  if (!wrong_.take_text("correlation", has[correlation_field], correlation)) return false;
  if (!wrong_.take_text("user", has[user_field], user)) return false;
  if (!wrong_.take_text("content_type", has[content_type_field], content_type)) return false;
  envelope_.set_id(id.data(), id.size());
  envelope_.set_correlation_id(correlation.data(), correlation.size());
  envelope_.set_user(user.data(), user.size());
  envelope_.set_content_type(content_type.data(), content_type.size());
  return true;
}

bool event_lines::read_emitter(const members& has) {
  std::string_view emitter;
  if (!wrong_.take_text("emitter", has[emitter_field], emitter)) return false;
  if (!emitter.empty() && !wrong_.check_key(emitter)) return false;
  envelope_.set_emitter(emitter.data(), emitter.size());
  std::uint32_t ordinal = 0;
  std::uint32_t depth = 0;
  if (!wrong_.take_number("ordinal", has[ordinal_field], ordinal)) return false;
  if (!wrong_.take_number("depth", has[depth_field], depth)) return false;
  envelope_.set_ordinal(ordinal);
  envelope_.set_depth(depth);
  return !has[timer_field] || read_timer(*has[timer_field]);
}

/// `{"flow":KEY,"cause":N}`
bool event_lines::read_timer(const json_value& timer) {
  std::optional<simdjson::dom::object> content;
  if (!wrong_.take_object("timer", timer, content)) return false;
  maybe_value flow, cause;
  for (const auto member : *content) {
    if (member.key == "flow") flow = present(member.value);
    if (member.key == "cause") cause = present(member.value);
  }
  std::string_view key;
  position at;
  if (!wrong_.need_text("the flow of the timer", flow, key)) return false;
  if (!wrong_.need_position("the cause of the timer", cause, at)) return false;
  envelope_.mutable_timer()->set_flow(key.data(), key.size());
  envelope_.mutable_timer()->set_cause(at.value);
  return true;
}

/// `[{"name":TEXT,"value":TEXT},…]`
bool event_lines::read_headers(const simdjson::dom::array& headers) {
  for (const auto each : headers) {
    std::optional<simdjson::dom::object> content;
    if (!wrong_.take_object("a header", each, content)) return false;
    maybe_value name, value;
    for (const auto member : *content) {
      if (member.key == "name") name = present(member.value);
      if (member.key == "value") value = present(member.value);
    }
    std::string_view name_text, value_text;
    if (!wrong_.need_text("the name of a header", name, name_text)) return false;
    if (!wrong_.need_text("the value of a header", value, value_text)) return false;
    auto& added = *envelope_.add_headers();
    added.set_name(name_text.data(), name_text.size());
    added.set_value(value_text.data(), value_text.size());
  }
  return true;
}

bool event_lines::read_routes(const simdjson::dom::array& routes) {
  auto& keys = *envelope_.mutable_routes();
  for (const auto each : routes) {
    std::string_view key;
    if (!wrong_.need_text("a route", present(each), key) || !wrong_.check_key(key)) return false;
    if (static_cast<std::size_t>(keys.keys_size()) == limits::routes_per_event_max) {
      return wrong_.say(fmt::format("more than {} routes", limits::routes_per_event_max));
    }
    keys.add_keys(key.data(), key.size());
  }
  return true;
}

bool event_lines::read_payload(const json_line& line, const members& has, part& into,
                               event_row& row) {
  if (!has.data) return wrong_.say("it has no data");
  std::string_view encoding;
  if (!wrong_.take_text("encoding", has[encoding_field], encoding)) return false;
  if (encoding.empty()) {
    row.payload = line.value_text(*has.data);
    if (envelope_.content_type() == content_type_json) return true;
    return wrong_.say(fmt::format("data that is not {} must be in base64 (\"encoding\":\"base64\")",
                                  content_type_json));
  }
  if (encoding != "base64") {
    return wrong_.say(
        fmt::format("the encoding \"{}\" is unknown", to_utf8(encoding, shown_size_max)));
  }
  std::string_view text;
  if (!wrong_.need_text("data", has[data_field], text)) return false;
  char* const room = into.arena.room(base64_size_max(text.size()));
  std::size_t size = 0;
  if (!decode_base64(text, room, size)) return wrong_.say("data is no base64");
  row.payload = {room, size};
  return true;
}

bool event_lines::check_cancelled(const event_row& row) {
  const auto size = static_cast<int>(row.payload.size());
  if (envelope_.content_type().empty() && cancelled_.ParseFromArray(row.payload.data(), size)) {
    return true;
  }
  return wrong_.say(fmt::format("data is no {}", timers_cancelled_type));
}

}  // namespace millrace::exchange
