// run: the flows, without a network.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/signals.hpp"
#include "cli/statistics.hpp"
#include "documents/statistics.hpp"
#include "documents/text.hpp"
#include "service/series_keeper.hpp"

namespace millrace::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 100ms;
constexpr int looks_per_check = 20;  // each question that is not answered yet waits in the host

enum class ending { caught_up, asked, failed };

struct end_of_run {
  ending how = ending::asked;
  std::optional<error> failure;
};

/// Runs until a signal, until everything is handled when that is asked for, or until the store
/// fails.
end_of_run keep_running(const context& in, host& over, const interrupts& stop,
                        const run_options& options) {
  progress bar = in.long_work("running");
  for (int looks = 0; !stop.arrived(); ++looks) {
    bar.tell(over.counters().handled, 0);
    if (!options.until_caught_up && looks % looks_per_check != 0) {
      if (stop.wait(look_interval)) return {};
      continue;
    }
    // Also the way to hear that the store has failed.
    const auto limit = options.until_caught_up ? duration{look_interval} : duration{0};
    auto caught_up = over.wait_until_caught_up(limit);
    if (!caught_up && caught_up.error().code != errc::timed_out) {
      return {ending::failed, caught_up.error()};
    }
    if (caught_up && options.until_caught_up) return {ending::caught_up, {}};
  }
  return {};
}

result<std::uint64_t> report_stopped(const context& in, host& over) {
  std::uint64_t count = 0;
  auto read = over.flows([&](const flow_summary& flow) {
    if (flow.status != flow_status::stopped) return;
    ++count;
    in.warn(fmt::format("{} stopped on event {}: {}", flow.key.text(),
                        flow.error_position ? flow.error_position->value : 0, flow.error_message));
  });
  if (!read) return read.error();
  return count;
}

struct summary {
  host_counters counters;
  std::uint64_t stopped = 0;
  double seconds = 0;
  std::optional<host_statistics> statistics;
  std::optional<json> told;  ///< the same as a daemon tells it
};

void print(const context& in, const summary& of) {
  const auto& counted_up = of.counters;
  if (in.json) {
    json line = {{"read", counted_up.timeline_reads},
                 {"handled", counted_up.handled},
                 {"appended", counted_up.appended},
                 {"commits", counted_up.commits},
                 {"delivered", counted_up.delivered},
                 {"routed", counted_up.routed},
                 {"seconds", of.seconds},
                 {"stopped", of.stopped}};
    if (of.told) {
      line["statistics"] = *of.told;
    } else if (of.statistics) {
      line["statistics"] = json_of(*of.statistics);
    }
    in.out.json(dump(line));
    return;
  }
  if (of.statistics) show_activity(in, *of.statistics);
  in.out.line(fmt::format("{} handled and {} appended in {:.2f} s ({} and {} read from the store)",
                          counted(counted_up.handled, "event"), grouped(counted_up.appended),
                          of.seconds, counted(counted_up.commits, "commit"),
                          counted(counted_up.timeline_reads, "event")));
}

flow_statistics figures_of(const json& shown) {
  const auto number = [&](const char* name) { return shown.at(name).get<std::uint64_t>(); };
  flow_statistics made;
  if (shown["name"].is_string()) made.name = shown["name"].get<std::string>();
  made.flows = number("flows");
  made.pending = number("pending");
  made.stopped = number("stopped");
  made.lag = number("lag");
  made.activity.handled = number("handled");
  made.activity.rate = shown["rate"].get<double>();
  made.activity.causes = {.full = number("full"),
                          .aged = number("aged"),
                          .dry = number("dry"),
                          .reading = number("reading")};
  const auto size = [&](const char* name) { return shown.at(name).is_null() ? 0 : number(name); };
  made.activity.sizes = {.count = number("batches"),
                         .p50 = size("batch_p50"),
                         .p95 = size("batch_p95"),
                         .p99 = size("batch_p99")};
  return made;
}

/// As far as show_activity() wants it; the last one is that of all.
host_statistics statistics_of(const json& shown) {
  host_statistics made;
  for (const auto& one : shown) made.types.push_back(figures_of(one));
  if (made.types.empty()) return made;
  made.all = std::move(made.types.back());
  made.types.pop_back();
  return made;
}

/// What a daemon counts.
summary counted_by_daemon(const json& shown) {
  const auto number = [&](const char* name) { return shown.at(name).get<std::uint64_t>(); };
  summary made;
  made.counters.timeline_reads = number("read");
  made.counters.handled = number("handled");
  made.counters.appended = number("appended");
  made.counters.commits = number("commits");
  made.counters.delivered = number("delivered");
  made.counters.routed = number("routed");
  return made;
}

/// Since the command began.
void take_off(host_counters& from, const host_counters& before) {
  from.timeline_reads -= before.timeline_reads;
  from.handled -= before.handled;
  from.appended -= before.appended;
  from.commits -= before.commits;
  from.delivered -= before.delivered;
  from.routed -= before.routed;
}

/// A daemon runs the flows: they are watched, until it ends, a signal comes, or they are caught up
/// when that is asked for.
outcome run_by_daemon(const context& in, const error& why, const run_options& options,
                      const interrupts& stop, const progress& clock) {
  if (why.code != errc::in_use) return why;
  const daemon_call look{.target = "/v1/progress", .arguments = {{"wait", "1s"}}, .method = "GET"};
  auto first = answer_of_daemon(in, {.target = look.target, .method = "GET"});
  if (!first) return first.error();
  if (!*first) return why;
  const auto before = counted_by_daemon(json::parse(**first));
  auto last = json::parse(**first);
  progress bar = in.long_work("running");
  bool caught_up = false;
  while (!stop.arrived() && !(caught_up && options.until_caught_up)) {
    auto answer = ask_again(in, look);
    if (!answer) return answer.error();
    last = json::parse(*answer);
    caught_up = last["caught_up"].get<bool>();
    auto now = counted_by_daemon(last);
    bar.tell(now.counters.handled - before.counters.handled, 0);
    if (caught_up && !options.until_caught_up && stop.wait(look_interval)) break;
  }
  bar.wipe();
  auto of = counted_by_daemon(last);
  take_off(of.counters, before.counters);
  of.seconds = clock.elapsed().count();
  auto stopped = answer_of_daemon(in, {.target = "/v1/flows",
                                       .arguments = {{"stopped", "true"}, {"limit", "1000"}},
                                       .method = "GET"});
  if (!stopped) return stopped.error();
  if (*stopped) of.stopped = json::parse(**stopped)["flows"].size();
  if (options.statistics) {
    auto statistics = ask_again(in, {.target = "/v1/statistics", .method = "GET"});
    if (!statistics) return statistics.error();
    of.told = json::parse(*statistics)["statistics"];
    of.statistics = statistics_of(*of.told);
  }
  print(in, of);
  if (options.until_caught_up && !caught_up) {
    return error{errc::closed, "interrupted before everything was handled"};
  }
  return exit_code::done;
}

}  // namespace

outcome run(const context& in, const run_options& options) {
  const interrupts stop;
  const progress clock = in.long_work("");
  auto opened = in.open_host({}, false);
  if (!opened) return run_by_daemon(in, opened.error(), options, stop, clock);
  host& over = **opened;
  const service::series_keeper series{over};
  const auto end = keep_running(in, over, stop, options);
  if (end.failure) return *end.failure;
  const auto stopped = report_stopped(in, over);
  summary of;
  if (options.statistics) {
    auto statistics = over.statistics();
    if (!statistics) return statistics.error();
    of.statistics = std::move(*statistics);
  }
  over.stop();
  of.counters = over.counters();  // also of what was under way
  if (!stopped) return stopped.error();
  of.stopped = *stopped;
  of.seconds = clock.elapsed().count();
  print(in, of);
  if (options.until_caught_up && end.how == ending::asked) {
    return error{errc::closed, "interrupted before everything was handled; run again to go on"};
  }
  return exit_code::done;
}

}  // namespace millrace::cli
