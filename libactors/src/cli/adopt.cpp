// adopt: imported flows begin to be run here.
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/time_text.hpp"
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/question.hpp"
#include "documents/done.hpp"
#include "documents/text.hpp"
#include "host/adoption.hpp"
#include "service/url.hpp"

namespace millrace::cli {
namespace {

/// What each flow would get; gives how many flows.
result<std::uint64_t> show_waiting(const context& in, const overview& now,
                                   const std::string& type) {
  table rows{in.out, {{"FLOW"}, {.title = "EVENTS", .right = true}}};
  return visit_waiting(now, type, [&](const waiting_flow& each) {
    if (in.json) {
      in.out.json(dump({{"flow", each.key.text()}, {"events", each.events}}));
    } else {
      rows.row({each.key.text(), grouped(each.events)});
    }
    return in.out.is_open();
  });
}

result<void> show_overdue(const context& in, const millrace::store& from, const std::string& type,
                          timestamp now) {
  table rows{in.out, {{"OVERDUE TIMER"}, {"DUE"}, {"TYPE"}}};
  return visit_overdue(from, type, now, [&](const schedule_entry& each) {
    if (in.json) {
      in.out.json(
          dump({{"timer", each.at.value}, {"due", to_text(each.due)}, {"type", each.type}}));
    } else {
      rows.row({std::to_string(each.at.value), to_text(each.due), each.type});
    }
    return in.out.is_open();
  });
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

void summarise(const context& in, const adopt_options& options, bool is_plan,
               const adoption& made) {
  if (in.json) {
    in.out.json(documents::adopted_line(options.type, is_plan, made));
    return;
  }
  in.out.line(fmt::format("{} {}: something waits for {}; {} will fire", inert(options.type),
                          is_plan ? "can be adopted" : "is adopted", counted(made.flows, "flow"),
                          counted(made.activated, "timer")));
  if (made.overdue == 0) return;
  const auto what = options.overdue ? fmt::format("they {}", in_words(*options.overdue))
                                    : std::string{"say --overdue fire, skip or keep"};
  in.out.line(fmt::format("{} overdue: {}", overdue_in_words(made.overdue), what));
}

std::string_view name_of(overdue_timers overdue) {
  switch (overdue) {
    case overdue_timers::fire: return "fire";
    case overdue_timers::skip: return "skip";
    case overdue_timers::keep: return "keep";
  }
  return {};
}

result<adoption> adopt_by_daemon(const context& in, const error& why,
                                 const adopt_options& options) {
  if (why.code != errc::in_use) return why;
  daemon_call wanted{fmt::format("/v1/types/{}/adopt", service::escaped(options.type))};
  if (options.overdue) wanted.arguments.emplace_back("overdue", name_of(*options.overdue));
  auto answer = answer_of_daemon(in, wanted);
  if (!answer) return answer.error();
  if (!*answer) return why;
  const auto adopted = json::parse(**answer);
  return adoption{.flows = adopted["flows"].get<std::uint64_t>(),
                  .activated = adopted["timers"].get<std::uint64_t>(),
                  .overdue = adopted["overdue"].get<std::uint64_t>()};
}

result<adoption> adopt_now(const context& in, const adopt_options& options) {
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return adopt_by_daemon(in, opened.error(), options);
  auto adopted = (*opened)->adopt(options.type, options.overdue);
  (*opened)->stop();
  return adopted;
}

/// Shows what it comes to, by what is stored.
result<adoption> show_plan(const context& in, const adopt_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  const auto moment = system_clock{}.now();
  auto plan = plan_adoption(**from, options.type, moment);
  if (!plan) return plan.error();
  auto now = in.look(**from);
  if (!now) return now.error();
  auto flows = show_waiting(in, *now, options.type);
  if (!flows) return flows.error();
  if (auto shown = show_overdue(in, **from, options.type, moment); !shown) return shown.error();
  auto decided = imported_decisions(**from, options.type);
  if (!decided) return decided.error();
  return plan->outcome(std::max<std::uint64_t>(*flows, decided->size()), options.overdue);
}

/// What becomes of overdue timers is asked where somebody sits; none: nobody said.
std::optional<overdue_timers> asked_for(const context& in, std::uint64_t count) {
  const auto said = ask(in, fmt::format("{} overdue. Shall they fire at once, be skipped, or stay "
                                        "inert? [fire/skip/keep]",
                                        overdue_in_words(count)));
  for (const auto each : {overdue_timers::fire, overdue_timers::skip, overdue_timers::keep}) {
    if (said == name_of(each)) return each;
  }
  return std::nullopt;
}

}  // namespace

outcome adopt(const context& in, const adopt_options& options) {
  auto plan = show_plan(in, options);
  if (!plan) return plan.error();
  auto wanted = options;
  const bool is_open = plan->overdue > 0 && !wanted.overdue;
  if (is_open && !wanted.dry_run) wanted.overdue = asked_for(in, plan->overdue);
  if (wanted.dry_run || (is_open && !wanted.overdue)) {
    summarise(in, wanted, true, *plan);
    if (wanted.dry_run) return exit_code::done;
    return error{errc::conflict,
                 fmt::format("{} overdue, and nothing is changed: say what becomes of them "
                             "(--overdue fire, skip or keep)",
                             overdue_in_words(plan->overdue))};
  }
  auto made = adopt_now(in, wanted);
  if (!made) return made.error();
  summarise(in, wanted, false, *made);
  return exit_code::done;
}

}  // namespace millrace::cli
