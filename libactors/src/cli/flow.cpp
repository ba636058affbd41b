// flow KEY: one flow in words: its state, and why it waits or stopped.
#include "documents/flow.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "documents/text.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t excerpt_width = 200;

std::string life_of(const v1::Checkpoint& checkpoint) {
  if (checkpoint.has_life()) return fmt::format("alive since {}", checkpoint.life());
  return checkpoint.done() ? "ended" : "not started";
}

using named_lines = std::vector<std::pair<std::string, std::string>>;

/// What readers get meanwhile.
void add_served(const served_flow& of, named_lines& lines) {
  lines.emplace_back("served", in_words(of.build));
  if (!of.at) {
    lines.emplace_back("", "this instance has not begun there");
    return;
  }
  lines.emplace_back("", fmt::format("as it was at {}: {}", of.at->value,
                                     of.state.empty() ? of.state_note : of.state));
}

/// The figures: name and value, a line each.
named_lines flow_lines(const flow_report& report) {
  const auto& row = report.view.row;
  const auto& checkpoint = row.checkpoint;
  named_lines lines;
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
  if (report.served) add_served(*report.served, lines);
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

void show(const context& in, const flow_report& report) {
  in.out.line(in_words(report));
  if (report.event) in.out.line("  payload      " + excerpt(*report.event, excerpt_width));
  const type_report of_type{
      .type = report.type, .back_fill = report.back_fill, .served = {}, .event = {}};
  if (report.type.has_error_position() || report.back_fill) in.out.line(in_words(of_type));
  for (const auto& [name, value] : flow_lines(report)) {
    in.out.line(fmt::format("  {:<12} {}", name, inert(value)));
  }
}

void show(const context& in, const type_report& report) {
  const auto& type = report.type;
  in.out.line(in_words(report));
  if (report.event) in.out.line("  payload      " + excerpt(*report.event, excerpt_width));
  in.out.line(fmt::format("  version      {}, build {}", type.version(),
                          static_cast<std::uint32_t>(build_of(type))));
  if (report.served) {
    in.out.line(fmt::format("  served       {}", in_words(*report.served)));
  }
  for (const auto& skipped : type.skipped()) {
    in.out.line(
        fmt::format("  skipped      event {}: {}", skipped.position(), inert(skipped.error())));
  }
}

}  // namespace

outcome flow(const context& in, const show_flow_options& options) {
  if (options.at) return flow_at(in, options);
  auto from = in.open_store();
  if (!from) return from.error();
  auto found = find_flow(in.source_of(**from), flow_key::parse(options.key));
  if (!found) return found.error();
  if (in.json) {
    in.out.json(line_of(*found));
  } else {
    std::visit([&](const auto& report) { show(in, report); }, *found);
  }
  return exit_code::done;
}

}  // namespace millrace::cli
