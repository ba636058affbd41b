// The figures of `flow KEY`, for people and as JSON.
#include <fmt/format.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/util/json_util.h>

#include "base/time_text.hpp"
#include "cli/flow.hpp"
#include "cli/text.hpp"

namespace millrace::cli {
namespace {

std::optional<position> checkpoint_of(const v1::Checkpoint& checkpoint) {
  if (!checkpoint.has_position()) return std::nullopt;
  return position{checkpoint.position()};
}

std::string life_of(const v1::Checkpoint& checkpoint) {
  if (checkpoint.has_life()) return fmt::format("alive since {}", checkpoint.life());
  return checkpoint.done() ? "ended" : "not started";
}

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

/// `"name":value` before the brace that closes a line of JSON.
std::string with(std::string line, std::string_view name, std::string_view value) {
  line.back() = ',';
  return line.append(fmt::format("\"{}\":{}}}", name, value));
}

}  // namespace

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

std::vector<std::pair<std::string, std::string>> flow_lines(const flow_report& report) {
  const auto& row = report.view.row;
  const auto& checkpoint = row.checkpoint;
  std::vector<std::pair<std::string, std::string>> lines;
  lines.emplace_back("checkpoint", text_or_dash(checkpoint_of(checkpoint)));
  lines.emplace_back("latest", text_or_dash(row.latest));
  lines.emplace_back("lag", counted(report.lag, "event"));
  lines.emplace_back("life", life_of(checkpoint));
  if (checkpoint.version() > 0) {
    lines.emplace_back(
        "version", fmt::format("{}, generation {}", checkpoint.version(), checkpoint.generation()));
  }
  if (checkpoint.has_replay_until()) {
    lines.emplace_back(
        "deciding",
        fmt::format("again, up to {}{}", checkpoint.replay_until(),
                    checkpoint.accept_recorded() ? "; recorded reactions are taken" : ""));
  }
  if (row.entry.build != first_build || report.type.inert()) {
    lines.emplace_back("build", fmt::format("{}{}", static_cast<std::uint32_t>(row.entry.build),
                                            report.type.inert() ? ", inert" : ""));
  }
  if (checkpoint.has_changed())
    lines.emplace_back("changed", fmt::format("{}", checkpoint.changed()));
  if (!report.state.empty()) lines.emplace_back("state", report.state);
  if (!report.state_note.empty()) lines.emplace_back("state", report.state_note);
  if (report.state_as_of) {
    lines.emplace_back("", fmt::format("as of {}: a large state is not saved with every checkpoint",
                                       report.state_as_of->value));
  }
  for (const auto& one : report.timers) {
    lines.emplace_back("timer", fmt::format("{} {} due {}{}", one.at.value, one.type,
                                            to_text(one.due), one.inert ? ", inert" : ""));
  }
  for (const auto& one : checkpoint.skipped()) {
    lines.emplace_back("skipped", fmt::format("event {}: {}", one.position(), one.error()));
  }
  const auto shown = static_cast<std::uint64_t>(checkpoint.skipped_size());
  if (checkpoint.skipped_count() > shown) {
    lines.emplace_back(
        "", fmt::format("and {} before", counted(checkpoint.skipped_count() - shown, "event")));
  }
  return lines;
}

std::string flow_line(const flow_report& report) {
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
               {"alive", checkpoint.has_life()},
               {"life", checkpoint.has_life() ? json(checkpoint.life()) : json(nullptr)},
               {"hosted", report.hosted},
               {"inert", report.type.inert()},
               {"build", static_cast<std::uint32_t>(row.entry.build)},
               {"version", checkpoint.version()},
               {"generation", checkpoint.generation()},
               {"changed", checkpoint.has_changed() ? json(checkpoint.changed()) : json(nullptr)},
               {"replay_until",
                checkpoint.has_replay_until() ? json(checkpoint.replay_until()) : json(nullptr)},
               {"skipped_count", checkpoint.skipped_count()},
               {"skipped", skips_of(checkpoint.skipped())},
               {"timers", timers_of(report.timers)},
               {"parked_at", report.type.has_error_position() ? json(report.type.error_position())
                                                              : json(nullptr)},
               {"state_as_of", number_or_null(report.state_as_of)}};
  auto text = dump(line);
  text = with(std::move(text), "event",
              report.event ? line_of(head_of(*report.event), *report.event) : "null");
  return with(std::move(text), "state", report.state.empty() ? "null" : report.state);
}

std::string type_line(const v1::FlowType& type, const std::optional<shown_event>& event) {
  const bool parked = type.has_error_position();
  const json line = {{"flow_type", type.name()},
                     {"status", parked ? "parked" : "routing"},
                     {"why", type_in_words(type, event)},
                     {"routed", type.routed()},
                     {"version", type.version()},
                     {"topic", type.topic()},
                     {"single", type.single()},
                     {"inert", type.inert()},
                     {"build", static_cast<std::uint32_t>(build_of(type))},
                     {"error_position", parked ? json(type.error_position()) : json(nullptr)},
                     {"error_message", parked ? json(type.error_message()) : json(nullptr)},
                     {"skipped", skips_of(type.skipped())}};
  return with(dump(line), "event", event ? line_of(head_of(*event), *event) : "null");
}

}  // namespace millrace::cli
