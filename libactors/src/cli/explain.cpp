// explain POSITION: which flows an event reaches, why, and how far each of them is.
#include "host/explain.hpp"

#include <fmt/format.h>

#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "cli/event.hpp"
#include "cli/text.hpp"

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

std::string fate_in_words(const explained_flow& flow) {
  const auto stop = flow.stopped_at ? flow.stopped_at->value : 0;
  switch (flow.fate) {
    case event_fate::handled: return "handled";
    case event_fate::passed_by: return "handled, but its life had ended: it passed by";
    case event_fate::skipped: return fmt::format("skipped: {}", flow.detail);
    case event_fate::failed: return fmt::format("stopped on it: {}", flow.detail);
    case event_fate::behind: return fmt::format("waits behind event {}, which stopped it", stop);
    case event_fate::waits:
      return flow.inert    ? "waits: its type is inert until `adopt`"
             : flow.hosted ? "waits"
                           : "waits for the program that has its type";
    case event_fate::nobody_there: return "nobody was there: no event had started it";
    case event_fate::names_nobody: return "its route names nobody";
    case event_fate::too_early: return "the type begins after it";
    case event_fate::stopped_on: return fmt::format("stopped its routing: {}", flow.detail);
    case event_fate::not_reached:
      return fmt::format("not reached: the routing stopped at event {}: {}", stop, flow.detail);
    case event_fate::type_skipped: return fmt::format("skipped by its type: {}", flow.detail);
    case event_fate::not_routed: return "not routed yet";
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

json line_of(const explained_flow& flow) {
  return {{"flow", flow.key},
          {"how", name_of(flow.how)},
          {"fate", name_of(flow.fate)},
          {"why", fate_in_words(flow)},
          {"detail", flow.detail.empty() ? json(nullptr) : json(flow.detail)},
          {"checkpoint", number_or_null(flow.checkpoint)},
          {"stopped_at", number_or_null(flow.stopped_at)},
          {"hosted", flow.hosted},
          {"inert", flow.inert}};
}

void show_json(const context& in, const explanation& of, const shown_event& event) {
  auto line = head_of(event);
  line["kind"] = name_of(of.kind);
  if (event.envelope.has_due() && !event.envelope.from_schedule()) {
    line["scheduled"] = of.waits;
    line["inert"] = of.inert;
    line["fired_as"] = number_or_null(of.fired_as);
  }
  line["flows"] = json::array();
  for (const auto& flow : of.flows) line["flows"].push_back(line_of(flow));
  line["untold"] = of.untold;
  in.out.json(cli::line_of(line, event));
}

}  // namespace

outcome explain(const context& in, std::uint64_t position_asked) {
  const position at{position_asked};
  auto from = in.open_store();
  if (!from) return from.error();
  auto event = read_event(**from, in.known.registry, at);
  if (!event) return event.error();
  auto now = in.look(**from);
  if (!now) return now.error();
  auto of = millrace::explain(**from, *now, at);
  if (!of) return of.error();
  if (in.json) {
    show_json(in, *of, *event);
    return exit_code::done;
  }
  show_words(in, *of, *event);
  table rows{in.out, {{"FLOW"}, {"WHY"}, {"CHECKPOINT", true}, {"STATE"}}};
  for (const auto& flow : of->flows) {
    rows.row({flow.key, how_in_words(flow), text_or_dash(flow.checkpoint), fate_in_words(flow)});
  }
  rows.finish();
  const bool told = of->kind == event_kind::plain || of->kind == event_kind::explicitly;
  if (told && of->flows.empty()) {
    in.out.line(of->kind == event_kind::explicitly
                    ? "Its explicit routes are empty: it reaches nobody."
                    : "No flow of this program observes it.");
  }
  show_untold(in, *of);
  return exit_code::done;
}

}  // namespace millrace::cli
