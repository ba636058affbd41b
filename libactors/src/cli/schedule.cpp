// schedule: what is due when.
#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "cli/event.hpp"
#include "cli/text.hpp"

namespace millrace::cli {
namespace {

/// `in 3 min`, `2 days late`.
std::string distance(timestamp due, timestamp now) {
  const auto apart = due > now ? due - now : now - due;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(apart).count();
  std::string text = seconds < 120       ? fmt::format("{} s", seconds)
                     : seconds < 7200    ? fmt::format("{} min", seconds / 60)
                     : seconds < 172'800 ? fmt::format("{} h", seconds / 3600)
                                         : fmt::format("{} days", seconds / 86'400);
  return due > now ? "in " + text : text + " late";
}

json line_of(const schedule_entry& entry) {
  return {{"position", entry.at.value},
          {"due", to_text(entry.due)},
          {"type", entry.type},
          {"flow", entry.flow.empty() ? json(nullptr) : json(entry.flow)},
          {"set_by", number_or_null(entry.set_by)},
          {"inert", entry.inert}};
}

}  // namespace

outcome schedule(const context& in) {
  auto from = in.open_store();
  if (!from) return from.error();
  const auto now = system_clock{}.now();
  table rows{in.out, {{"DUE"}, {""}, {"POSITION", true}, {"TYPE"}, {"SET BY"}, {""}}};
  std::optional<std::pair<timestamp, position>> after;
  while (in.out.is_open()) {
    auto page = (*from)->schedule(store::timers::all, after, limits::behind_read_max);
    if (!page) return page.error();
    for (const auto& entry : *page) {
      if (in.json) {
        in.out.json(dump(line_of(entry)));
        continue;
      }
      const bool late = entry.due <= now;
      const auto setter =
          entry.set_by ? fmt::format("{} at {}", entry.flow, entry.set_by->value) : entry.flow;
      rows.row({to_text(entry.due),
                {distance(entry.due, now), late ? colour::yellow : colour::plain},
                std::to_string(entry.at.value),
                entry.type,
                setter,
                entry.inert ? "inert" : ""});
    }
    if (page->size() < limits::behind_read_max) break;
    after = {page->back().due, page->back().at};
  }
  return exit_code::done;
}

}  // namespace millrace::cli
