// How long until a host is ready over a store that has seen much?
//
// Workload: a history with many idle instances and 10 pending ones; a host with the three flows is
// opened, and has handled what is pending. Baseline: opening the database and reading its tail. The
// goal is the time over that.
//
//   bench_restart [--full]     300,000 events, 100,000 instances; 16,000,000, 1,000,000
#include <fmt/format.h>

#include "bare/database.hpp"
#include "harness/basics.hpp"
#include "harness/history.hpp"
#include "harness/report.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

/// Five further events, for Everything and ten instances that are there; nobody handles them yet.
void leave_pending(const history& to, std::uint64_t from) {
  host over{{.store = to.directory(), .run_flows = false}};
  add_flows(over);
  got(over.open());
  std::vector<new_event> events;
  for (auto at = from; at < from + 5; ++at) {
    events.push_back(new_event::of(moved_at(at, to.shape().instances)));
  }
  got(over.append(std::move(events)).get());
  over.stop(std::chrono::minutes{1});
}

}  // namespace

int main(int argc, char** argv) {
  report to{"restart", argc, argv};
  const auto events = to.asked().events_or(300'000, 16'000'000);
  const history one{{.events = events, .instances = to.asked().full ? 500'000u : 50'000u}};
  replay(one);
  row over_it{
      "restart, over opening the database",
      "s",
      {},
      {},
      std::pair{wanted::at_most, 0.5},
      fmt::format("{} events, {} instances, 11 pending", events, 2 * one.shape().instances)};
  row ready{"restart, opened and caught up", "s", {}, {}, {}, "the same"};
  for (int round = 0; round < to.asked().rounds_or(5, 7); ++round) {
    leave_pending(one, static_cast<std::uint64_t>(round) * 5);
    settle_disk();
    const double bare = seconds_of([&] {
      bare::database file{one.file(), bare::database::mode::write};
      bare::statement tail{file, "SELECT max(position) FROM events"};
      need(tail.step(), "the timeline is empty");
    });
    host again{{.store = one.directory()}};
    add_flows(again);
    const double ours = seconds_of([&] {
      got(again.open());
      got(again.wait_until_caught_up(std::chrono::minutes{1}));
    });
    need(again.counters().handled >= 11, "nothing was pending");
    again.stop(std::chrono::minutes{1});
    ready.ours.push_back(ours);
    ready.bare.push_back(bare);
    over_it.ours.push_back(ours - bare);
  }
  to.add(std::move(over_it));
  to.add(std::move(ready));
}
