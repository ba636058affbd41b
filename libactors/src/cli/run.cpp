// run: the flows, without a network.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/signals.hpp"
#include "cli/statistics.hpp"
#include "documents/statistics.hpp"
#include "documents/text.hpp"

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
    if (of.statistics) line["statistics"] = json_of(*of.statistics);
    in.out.json(dump(line));
    return;
  }
  if (of.statistics) show_activity(in, *of.statistics);
  in.out.line(fmt::format("{} handled and {} appended in {:.2f} s ({} and {} read from the store)",
                          counted(counted_up.handled, "event"), grouped(counted_up.appended),
                          of.seconds, counted(counted_up.commits, "commit"),
                          counted(counted_up.timeline_reads, "event")));
}

}  // namespace

outcome run(const context& in, const run_options& options) {
  const interrupts stop;
  const progress clock = in.long_work("");
  auto opened = in.open_host({}, false);
  if (!opened) return opened.error();
  host& over = **opened;
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
