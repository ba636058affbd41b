// adopt: imported flows begin to be run here.
#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "documents/done.hpp"
#include "documents/text.hpp"
#include "host/adoption.hpp"
#include "service/url.hpp"

namespace millrace::cli {
namespace {

void show(const context& in, const std::vector<waiting_flow>& flows) {
  table rows{in.out, {{"FLOW"}, {.title = "EVENTS", .right = true}}};
  for (const auto& each : flows) {
    if (!in.out.is_open()) return;
    rows.row({each.key.text(), grouped(each.events)});
  }
}

void show_json(const context& in, const std::vector<waiting_flow>& flows) {
  for (const auto& each : flows) {
    in.out.json(dump({{"flow", each.key.text()}, {"events", each.events}}));
  }
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

/// Of a dry run by what is stored; else what the host did.
result<adoption> adopt_or_plan(const context& in, const millrace::store& from,
                               const adopt_options& options, std::uint64_t flows) {
  if (options.dry_run) {
    auto plan = plan_adoption(from, options.type, system_clock{}.now());
    if (!plan) return plan.error();
    auto decided = imported_decisions(from, options.type);
    if (!decided) return decided.error();
    return plan->outcome(std::max<std::uint64_t>(flows, decided->size()), options.overdue);
  }
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return adopt_by_daemon(in, opened.error(), options);
  auto adopted = (*opened)->adopt(options.type, options.overdue);
  (*opened)->stop();
  return adopted;
}

}  // namespace

outcome adopt(const context& in, const adopt_options& options) {
  auto from = in.open_store();
  if (!from) return from.error();
  auto now = in.look(**from);
  if (!now) return now.error();
  auto flows = waiting_flows(*now, options.type);
  if (!flows) return flows.error();
  auto made = adopt_or_plan(in, **from, options, flows->size());
  if (!made) return made.error();
  in.json ? show_json(in, *flows) : show(in, *flows);
  summarise(in, options, *made);
  return exit_code::done;
}

}  // namespace millrace::cli
