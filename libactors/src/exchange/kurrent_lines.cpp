#include "exchange/kurrent_lines.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "exchange/kurrent_envelope.hpp"
#include "exchange/placing.hpp"
#include "millrace/event.hpp"
#include "wire/system_events.hpp"

namespace millrace::exchange {

namespace {

constexpr std::string_view checkpoint_suffix = "-checkpoint";
constexpr std::string_view checkpoint_type = "Checkpoint";

}  // namespace

/// Of a line. Names that repeat: the last one counts.
struct kurrent_lines::members {
  maybe_value stream, at, type, time, metadata;
  std::optional<std::size_t> data;  ///< its place in the line

  explicit members(const simdjson::dom::object& line) {
    std::size_t index = 0;
    for (const auto member : line) {
      if (member.key == "stream") {
        stream = present(member.value);
      } else if (member.key == "position") {
        at = present(member.value);
      } else if (member.key == "type") {
        type = present(member.value);
      } else if (member.key == "time") {
        time = present(member.value);
      } else if (member.key == "metadata") {
        metadata = present(member.value);
      } else if (member.key == "data") {
        data = index;
      }
      ++index;
    }
  }
};

bool is_kurrent(const simdjson::dom::object& line) {
  return line["stream"].error() == simdjson::SUCCESS;
}

std::optional<std::string> kurrent_lines::read(const json_line& line, position next, part& into) {
  const members has{line.root()};
  std::string_view stream;
  if (!wrong_.need_text("stream", has.stream, stream)) return wrong_.why();
  bool fine = true;
  if (stream == timeline_stream) {
    fine = read_event(line, has, next, into);
  } else if (!stream.starts_with('$') && stream.ends_with(checkpoint_suffix)) {
    stream.remove_suffix(checkpoint_suffix.size());
    fine = read_checkpoint(line, has, stream, into);
  } else {
    ++into.ignored;
  }
  return fine ? std::nullopt : std::optional{wrong_.why()};
}

bool kurrent_lines::read_event(const json_line& line, const members& has, position next,
                               part& into) {
  event_row row;
  if (!wrong_.need_position("position", has.at, row.at)) return false;
  if (!check_order(row.at, next, wrong_)) return false;
  if (!wrong_.need_text("type", has.type, row.type)) return false;
  if (!wrong_.check_type_name(row.type, names::from_outside)) return false;
  if (!wrong_.need_time("time", has.time, row.time)) return false;

  begin_envelope();
  std::optional<simdjson::dom::object> metadata;
  if (!wrong_.take_object("metadata", has.metadata, metadata)) return false;
  if (metadata && !read_metadata(*metadata)) return false;
  if (!wrong_.check_cause(envelope_, row.at)) return false;
  row.payload = has.data ? line.value_text(*has.data) : std::string_view{"null"};
  kurrent_envelope encoded{.from_schedule = envelope_.from_schedule()};
  if (envelope_.has_cause()) encoded.cause = position{envelope_.cause()};
  if (envelope_.has_due()) encoded.due = timestamp{duration{envelope_.due()}};
  row.envelope = encode_envelope(encoded, routes_.keys(), into.arena);
  if (!place(row, envelope_, into, wrong_)) return false;
  for (const auto key : routes_.keys()) types_.add(key, into);
  return true;
}

void kurrent_lines::begin_envelope() {
  envelope_.clear_due();
  envelope_.clear_cause();
  envelope_.clear_from_schedule();
  routes_.clear();
}

bool kurrent_lines::read_metadata(const simdjson::dom::object& metadata) {
  maybe_value types, ids, due, cause, from_schedule;
  for (const auto member : metadata) {
    if (member.key == "routeTypes") {
      types = present(member.value);
    } else if (member.key == "routeIds") {
      ids = present(member.value);
    } else if (member.key == "whenOccurs") {
      due = present(member.value);
    } else if (member.key == "cause") {
      cause = present(member.value);
    } else if (member.key == "fromSchedule") {
      from_schedule = present(member.value);
    }
  }
  std::optional<timestamp> when;
  if (!wrong_.take_time("whenOccurs", due, when)) return false;
  if (when) envelope_.set_due(when->time_since_epoch().count());
  std::optional<position> before;
  if (!wrong_.take_position("cause", cause, before)) return false;
  if (before) envelope_.set_cause(before->value);
  bool fired = false;
  if (!wrong_.take_flag("fromSchedule", from_schedule, fired)) return false;
  envelope_.set_from_schedule(fired);
  return routes_.read(types, ids, wrong_);
}

bool kurrent_lines::read_checkpoint(const json_line& line, const members& has,
                                    std::string_view flow, part& into) {
  std::string_view type = checkpoint_type;
  if (!wrong_.take_text("type", has.type, type)) return false;
  if (type != checkpoint_type) {
    ++into.ignored;
    return true;
  }
  if (!wrong_.check_key(flow)) return false;
  std::optional<simdjson::dom::object> metadata;
  if (!wrong_.take_object("metadata", has.metadata, metadata)) return false;
  if (!metadata) return wrong_.say("a checkpoint without metadata");
  v1::Checkpoint read;
  if (!read_progress(*metadata, read)) return false;
  const auto state = has.data ? line.value_text(*has.data) : std::string_view{};
  if (!wrong_.check_size("a state", state.size(), limits::state_size_max)) return false;

  const auto [known, fresh] = checkpoints_.try_emplace(std::string{flow}, into.checkpoints.size());
  if (fresh) into.checkpoints.push_back({flow_key::parse(std::string{flow}), {}, {}});
  types_.add(flow, into);
  auto& kept = into.checkpoints[known->second];
  kept.checkpoint = std::move(read);
  kept.state = state;
  return true;
}

bool kurrent_lines::read_progress(const simdjson::dom::object& metadata, v1::Checkpoint& into) {
  maybe_value at, error_at, message, done;
  for (const auto member : metadata) {
    if (member.key == "position") {
      at = present(member.value);
    } else if (member.key == "errorPosition") {
      error_at = present(member.value);
    } else if (member.key == "errorMessage") {
      message = present(member.value);
    } else if (member.key == "isDone") {
      done = present(member.value);
    }
  }
  std::optional<position> last, stopped;
  if (!wrong_.take_position("position", at, last)) return false;
  if (!wrong_.take_position("errorPosition", error_at, stopped)) return false;
  std::string_view said;
  if (!wrong_.take_text("errorMessage", message, said)) return false;
  bool is_done = false;
  if (!wrong_.take_flag("isDone", done, is_done)) return false;
  if (last) into.set_position(last->value);
  if (stopped) {
    into.set_error_position(stopped->value);
    into.set_error_message(to_utf8(said, limits::error_message_size_max));
  }
  into.set_done(is_done);
  return true;
}

}  // namespace millrace::exchange
