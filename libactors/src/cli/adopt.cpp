// adopt: imported flows begin to be run here.
#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "cli/commands.hpp"
#include "documents/done.hpp"
#include "documents/text.hpp"
#include "host/adoption.hpp"

namespace millrace::cli {
namespace {

/// What waits for one flow of the type.
struct waiting {
  flow_key key;
  std::uint64_t events = 0;
};

result<std::uint64_t> count_after(const millrace::store& from, const flow_row& row) {
  std::optional<position> after;
  if (row.checkpoint.has_position()) after = position{row.checkpoint.position()};
  if (!after) return row.postings;
  std::uint64_t count = 0;
  for (;;) {
    auto page = from.postings(row.entry.number, after, limits::behind_read_max);
    if (!page) return page.error();
    count += page->size();
    if (page->size() < limits::behind_read_max) return count;
    after = page->back().at;
  }
}

result<std::vector<waiting>> find_waiting(const millrace::store& from, const overview& now,
                                          const std::string& type) {
  std::vector<waiting> found;
  error failed{errc::invalid, {}};
  bool broken = false;
  auto read = now.pending([&](const flow_view& view) {
    if (view.row.entry.key.type() != type) return true;
    auto count = count_after(from, view.row);
    if (!count) {
      failed = count.error();
      broken = true;
      return false;
    }
    found.push_back({view.row.entry.key, *count});
    return true;
  });
  if (!read) return read.error();
  if (broken) return failed;
  return found;
}

void show(const context& in, const std::vector<waiting>& flows) {
  table rows{in.out, {{"FLOW"}, {.title = "EVENTS", .right = true}}};
  for (const auto& each : flows) {
    if (!in.out.is_open()) return;
    rows.row({each.key.text(), grouped(each.events)});
  }
}

void show_json(const context& in, const std::vector<waiting>& flows) {
  for (const auto& each : flows) {
    in.out.json(dump({{"flow", each.key.text()}, {"events", each.events}}));
  }
}

enum class standing { unknown, inert, running };

result<standing> standing_of(const millrace::store& from, const std::string& type) {
  auto rows = from.flow_types();
  if (!rows) return rows.error();
  auto found = standing::unknown;
  for (const auto& row : *rows) {
    if (row.name() != type || row.retired()) continue;
    found = row.inert() ? standing::inert : standing::running;
  }
  return found;
}

std::string overdue_in_words(std::uint64_t count) {
  return counted(count, "timer") + (count == 1 ? " is" : " are");
}

std::string_view in_words(overdue_timers overdue) {
  switch (overdue) {
    case overdue_timers::fire: return "fire at once";
    case overdue_timers::skip: return "are skipped";
    case overdue_timers::keep: return "stay inert";
  }
  return {};
}

void summarise(const context& in, const adopt_options& options, const adoption& made) {
  if (in.json) {
    in.out.json(documents::adopted_line(options.type, options.dry_run, made));
    return;
  }
  in.out.line(fmt::format("{} {}: something waits for {}; {} will fire", options.type,
                          options.dry_run ? "can be adopted" : "is adopted",
                          counted(made.flows, "flow"), counted(made.activated, "timer")));
  if (made.overdue == 0) return;
  const auto what = options.overdue ? fmt::format("they {}", in_words(*options.overdue))
                                    : std::string{"say --overdue fire, skip or keep"};
  in.out.line(fmt::format("{} overdue: {}", overdue_in_words(made.overdue), what));
}

}  // namespace

outcome adopt(const context& in, const adopt_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto is = standing_of(**from, options.type);
  if (!is) return is.error();
  if (*is == standing::unknown) {
    return error{errc::not_found, "no import brought flows of a type " + options.type};
  }
  auto now = in.look(**from);
  if (!now) return now.error();
  auto flows = find_waiting(**from, *now, options.type);
  if (!flows) return flows.error();
  auto plan = plan_adoption(**from, options.type, system_clock{}.now());
  if (!plan) return plan.error();
  if (*is == standing::running && plan->overdue.empty() && plan->later.empty()) {
    return error{errc::conflict, options.type + " is not waiting to be adopted: it runs here"};
  }
  in.json ? show_json(in, *flows) : show(in, *flows);
  const bool undecided = !plan->overdue.empty() && !options.overdue;
  if (undecided && !options.dry_run) {
    return error{errc::conflict, fmt::format("{} overdue: say --overdue fire, skip or keep",
                                             overdue_in_words(plan->overdue.size()))};
  }
  adoption made{
      .flows = flows->size(), .activated = plan->later.size(), .overdue = plan->overdue.size()};
  if (options.overdue == overdue_timers::fire) made.activated += made.overdue;
  if (!options.dry_run) {
    auto opened = in.open_host({.run_flows = false}, false);
    if (!opened) return opened.error();
    auto adopted = (*opened)->adopt(options.type, options.overdue);
    if (!adopted) return adopted.error();
    (*opened)->stop();
    made.activated = adopted->activated;
  }
  summarise(in, options, made);
  return exit_code::done;
}

}  // namespace millrace::cli
