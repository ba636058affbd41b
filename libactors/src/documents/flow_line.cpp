// The documents of a flow and of a flow type, and the words in them.
#include <fmt/format.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/util/json_util.h>

#include "base/time_text.hpp"
#include "documents/flow.hpp"
#include "documents/statistics.hpp"
#include "documents/text.hpp"
#include "flow/matching.hpp"

namespace millrace::documents {

std::string with(std::string line, std::string_view name, std::string_view value) {
  line.back() = ',';
  return line.append(fmt::format("\"{}\":{}}}", name, value));
}

std::string_view name_of(flow_status status) {
  switch (status) {
    case flow_status::idle: return "idle";
    case flow_status::pending: return "pending";
    case flow_status::stopped: return "stopped";
  }
  return "";
}

std::string state_as_json(const google::protobuf::Message& state) {
  google::protobuf::util::JsonPrintOptions print;
  print.always_print_primitive_fields = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(state, &text, print).ok()) return {};
  return text;
}

std::optional<std::string> state_as_json(const google::protobuf::Message& prototype,
                                         std::string_view bytes) {
  google::protobuf::Arena arena;
  auto* state = prototype.New(&arena);
  if (!state->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  return state_as_json(*state);
}

std::optional<position> checkpoint_of(const v1::Checkpoint& checkpoint) {
  if (!checkpoint.has_position()) return std::nullopt;
  return position{checkpoint.position()};
}

namespace {

/// What helps a flow that is stopped, or whose checkpoint or state is damaged.
std::string advice(const flow_report& report) {
  const auto& checkpoint = report.view.row.checkpoint;
  if (report.type.inert()) return "Its type came with an import and is inert: `adopt` comes first.";
  if (!report.only_reset_helps && is_divergence(checkpoint.error_message())) {
    return fmt::format(
        "When the present code is wrong, mend it and `retry`; when it is meant, `reset {} "
        "--accept-history` takes what is recorded.",
        inert(report.view.row.entry.key.text()));
  }
  if (!report.only_reset_helps) return "`retry` tries that event again, `skip` passes it by.";
  // A checkpoint that decodes, and speaks of a state, has a life.
  const bool forgets = !checkpoint.has_life();
  return fmt::format("Only `reset {}` helps: it begins anew from the timeline{}.",
                     inert(report.view.row.entry.key.text()),
                     forgets ? ", and what it had skipped is not known any more" : "");
}

}  // namespace

std::string in_words(const flow_report& report) {
  const auto& key = report.view.row.entry.key.text();
  const auto& checkpoint = report.view.row.checkpoint;
  if (checkpoint.has_error_position()) {
    const auto what =
        report.event ? named(*report.event) : fmt::format("event {}", checkpoint.error_position());
    const auto behind = report.lag > 0 ? report.lag - 1 : 0;
    return fmt::format("{} stopped on {}: {}. {} behind it. {}", inert(key), what,
                       inert(checkpoint.error_message()),
                       behind == 0 ? "Nothing waits"
                                   : counted(behind, "event") + (behind == 1 ? " waits" : " wait"),
                       advice(report));
  }
  const auto damage =
      report.only_reset_helps ? " But it cannot go on from there. " + advice(report) : "";
  if (report.view.status != flow_status::pending) {
    return fmt::format("{} is idle: everything that was routed to it is handled{}.{}", inert(key),
                       checkpoint.done() ? ", and it has ended" : "", damage);
  }
  const auto next = report.event ? "; the next is " + named(*report.event) : std::string{};
  const auto why = report.type.inert()
                       ? "Its type came with an import and is inert: nobody handles them before "
                         "`adopt`."
                   : report.hosted ? "They are handled when the flows run."
                                   : "Its type is not part of this program: the program that has "
                                     "it handles them.";
  return fmt::format("{} waits: {} {} not handled yet{}. {}{}", inert(key),
                     counted(report.lag, "event"), report.lag == 1 ? "is" : "are", next, why,
                     damage);
}

std::string in_words(const type_report& report) {
  const auto& type = report.type;
  if (report.back_fill) {
    return fmt::format("{} is a flow type whose history is being routed: {}.", inert(type.name()),
                       in_words(*report.back_fill));
  }
  if (!type.has_error_position()) {
    return fmt::format("{} is a flow type; its events before position {} are routed.{}",
                       inert(type.name()), type.routed(),
                       type.inert() ? " It came with an import and is inert until `adopt`." : "");
  }
  const auto what =
      report.event ? named(*report.event) : fmt::format("event {}", type.error_position());
  return fmt::format(
      "The routing of {} stopped on {}: {}. No later event reaches its flows. `retry "
      "{}` routes that event again, `skip {}` passes it by.",
      inert(type.name()), what, inert(type.error_message()), inert(type.name()),
      inert(type.name()));
}

namespace {

json skips_of(const google::protobuf::RepeatedPtrField<v1::Skipped>& skipped) {
  json all = json::array();
  for (const auto& one : skipped) {
    all.push_back({{"position", one.position()}, {"error", one.error()}});
  }
  return all;
}

json timers_of(const std::vector<schedule_entry>& timers) {
  json all = json::array();
  for (const auto& one : timers) {
    all.push_back({{"position", one.at.value},
                   {"type", one.type},
                   {"due", to_text(one.due)},
                   {"set_by", number_or_null(one.set_by)},
                   {"inert", one.inert}});
  }
  return all;
}

std::string line_of(const flow_report& report) {
  const auto& row = report.view.row;
  const auto& key = row.entry.key;
  const auto& checkpoint = row.checkpoint;
  const bool stopped = checkpoint.has_error_position();
  json line = {{"flow", key.text()},
               {"type", std::string{key.type()}},
               {"id", key.has_id() ? json(std::string{key.id()}) : json(nullptr)},
               {"status", name_of(report.view.status)},
               {"why", in_words(report)},
               {"checkpoint", number_or_null(checkpoint_of(checkpoint))},
               {"latest", number_or_null(row.latest)},
               {"lag", report.lag},
               {"error_position", stopped ? json(checkpoint.error_position()) : json(nullptr)},
               {"error_message", stopped ? json(checkpoint.error_message()) : json(nullptr)},
               {"done", checkpoint.done()},
               {"only_reset_helps", report.only_reset_helps},
               {"alive", checkpoint.has_life()},
               {"life", checkpoint.has_life() ? json(checkpoint.life()) : json(nullptr)},
               {"hosted", report.hosted},
               {"inert", report.type.inert()},
               {"build", static_cast<std::uint32_t>(row.entry.build)},
               {"version", checkpoint.version() > 0 ? json(checkpoint.version()) : json(nullptr)},
               {"generation", checkpoint.generation()},
               {"changed", checkpoint.has_changed() ? json(checkpoint.changed()) : json(nullptr)},
               {"replay_until",
                checkpoint.has_replay_until() ? json(checkpoint.replay_until()) : json(nullptr)},
               {"skipped_count", checkpoint.skipped_count()},
               {"skipped", skips_of(checkpoint.skipped())},
               {"timers", timers_of(report.timers)},
               {"parked_at", report.type.has_error_position() ? json(report.type.error_position())
                                                              : json(nullptr)},
               {"back_fill", json_of(report.back_fill)},
               {"state_as_of", number_or_null(report.state_as_of)}};
  auto text = dump(line);
  text = with(std::move(text), "event",
              report.event ? line_of(head_of(*report.event), *report.event) : "null");
  text = with(std::move(text), "served", report.served ? line_of(*report.served) : "null");
  return with(std::move(text), "state", report.state.empty() ? "null" : report.state);
}

std::string line_of(const type_report& report) {
  const auto& [type, back_fill, served, event] = report;
  const bool parked = type.has_error_position();
  const json line = {{"flow_type", type.name()},
                     {"status", parked ? "parked" : "routing"},
                     {"why", in_words(report)},
                     {"routed", type.routed()},
                     {"version", type.version()},
                     {"topic", type.topic()},
                     {"single", type.single()},
                     {"inert", type.inert()},
                     {"build", static_cast<std::uint32_t>(build_of(type))},
                     {"error_position", parked ? json(type.error_position()) : json(nullptr)},
                     {"error_message", parked ? json(type.error_message()) : json(nullptr)},
                     {"back_fill", json_of(back_fill)},
                     {"served", json_of(served)},
                     {"skipped", skips_of(type.skipped())}};
  return with(dump(line), "event", event ? line_of(head_of(*event), *event) : "null");
}

}  // namespace

std::string line_of(const flow_answer& answer) {
  return std::visit([](const auto& report) { return line_of(report); }, answer);
}

}  // namespace millrace::documents
