#include "documents/explain.hpp"

#include <fmt/format.h>

namespace millrace::documents {
namespace {

json json_of(const explained_flow& flow) {
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

}  // namespace

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

std::string line_of(const explanation& of, const shown_event& event) {
  auto line = head_of(event);
  line["kind"] = name_of(of.kind);
  if (event.envelope.has_due() && !event.envelope.from_schedule()) {
    line["scheduled"] = of.waits;
    line["inert"] = of.inert;
    line["fired_as"] = number_or_null(of.fired_as);
  }
  line["flows"] = json::array();
  for (const auto& flow : of.flows) line["flows"].push_back(json_of(flow));
  line["untold"] = of.untold;
  return line_of(line, event);
}

result<explained_event> explain_event(const source& of, position at) {
  auto event = read_event(of.from, of.known.registry, at);
  if (!event) return event.error();
  auto now = of.look({});
  if (!now) return now.error();
  auto found = explain(of.from, *now, at);
  if (!found) return found.error();
  return explained_event{std::move(*event), std::move(*found)};
}

}  // namespace millrace::documents
