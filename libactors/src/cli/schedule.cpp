// schedule: what is due when.
#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "documents/schedule.hpp"
#include "documents/text.hpp"

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
        in.out.json(dump(json_of(entry)));
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
