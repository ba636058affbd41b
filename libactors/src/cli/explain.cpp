// explain POSITION: which flows an event reaches, why, and how far each of them is.
#include "documents/explain.hpp"

#include <fmt/format.h>

#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "documents/text.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t excerpt_width = 200;

std::string how_in_words(const explained_flow& flow) {
  switch (flow.fate) {
    case event_fate::names_nobody:
    case event_fate::stopped_on:
    case event_fate::not_reached:
    case event_fate::too_early:
    case event_fate::type_skipped:
      return flow.how == event_reach::explicitly ? "explicit route" : "observes it";
    default: break;
  }
  switch (flow.how) {
    case event_reach::explicitly: return "explicit route";
    case event_reach::starts: return "route: starts";
    case event_reach::joins: return "route: joins";
  }
  return "";
}

std::string timer_in_words(const explanation& of, const shown_event& event) {
  if (of.waits) {
    return fmt::format("It is on the schedule{} and reaches nobody before it fires.",
                       of.inert ? ", inert until its flows are adopted," : "");
  }
  if (of.fired_as)
    return fmt::format("It was on the schedule, and fired as event {0}: `explain {0}`.",
                       of.fired_as->value);
  return fmt::format("It was on the schedule, due {}, and was cancelled.",
                     to_text(timestamp{duration{event.envelope.due()}}));
}

void show_words(const context& in, const explanation& of, const shown_event& event) {
  in.out.line(named(event));
  in.out.line("  payload  " + excerpt(event, excerpt_width));
  const auto more = remarks(event);
  if (!more.empty()) in.out.line("  " + more);
  if (event.envelope.has_due() && !event.envelope.from_schedule()) {
    in.out.line(timer_in_words(of, event));
  }
  if (of.kind == event_kind::own_record)
    in.out.line("A record of millrace itself: reaches nobody.");
}

void show_untold(const context& in, const explanation& of) {
  if (of.untold.empty()) return;
  in.out.line(inert(
      fmt::format("Not part of this program, and not told here: {}", fmt::join(of.untold, ", "))));
}

}  // namespace

outcome explain(const context& in, std::uint64_t position_asked) {
  const position at{position_asked};
  auto from = in.open_store();
  if (!from) return from.error();
  auto found = explain_event(in.source_of(**from), at);
  if (!found) return found.error();
  const auto& [event, of] = *found;
  if (in.json) {
    in.out.json(line_of(of, event));
    return exit_code::done;
  }
  show_words(in, of, event);
  table rows{in.out, {{"FLOW"}, {"WHY"}, {"CHECKPOINT", true}, {"STATE"}}};
  for (const auto& flow : of.flows) {
    rows.row({flow.key, how_in_words(flow), text_or_dash(flow.checkpoint), fate_in_words(flow)});
  }
  rows.finish();
  const bool told = of.kind == event_kind::plain || of.kind == event_kind::explicitly;
  if (told && of.flows.empty()) {
    in.out.line(of.kind == event_kind::explicitly
                    ? "Its explicit routes are empty: it reaches nobody."
                    : "No flow of this program observes it.");
  }
  show_untold(in, of);
  return exit_code::done;
}

}  // namespace millrace::cli
