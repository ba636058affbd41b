// How many deliveries a second do flows bear, with no store behind them?
//
// Workload: 20,000 counting flows in memory, of three types; events that are routed already, each
// to one flow of each type; windows of 64k, 256k and 512k events, three of them under way. Every
// window is cut into one delivery for each flow it touches. The flows fold in the engine's own
// lanes, one for each type, as those do that are given a history; at the end all of them commit,
// through the journal, to a store that keeps nothing but the positions of checkpoints. No baseline;
// the goal is what the best C++ stream library does in the same shape, without commits, and a tenth
// more.
// `each flow its own actor`: the same with the actors of flows that are not given a history, each
// of which has a message for each delivery, and a turn and a commit of its own.
//
//   bench_deliveries [--full]     4,194,304 events, of actors 1,048,576; four times that
#include <fmt/format.h>

#include "harness/basics.hpp"
#include "harness/engine_alone.hpp"
#include "harness/report.hpp"
#include "harness/routed_events.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

/// Millions of deliveries a second, window by window from memory.
double ask(std::uint64_t total, std::uint32_t window_size, flows_are kind) {
  events_at_hand events;
  engine_alone flows{events, kind};
  flows.begin(events.next(window_size));
  std::vector<routed_events> windows;
  const auto count = std::max<std::uint64_t>(limits::windows_max, total / window_size);
  for (std::uint64_t i = 0; i < count; ++i) windows.push_back(events.next(window_size));
  const auto deliveries = static_cast<double>(count * window_size * types_count);
  return deliveries / 1e6 / flows.deliver_all(std::move(windows));
}

}  // namespace

int main(int argc, char** argv) {
  report to{"deliveries", argc, argv};
  const auto& asked = to.asked();
  for (const std::uint32_t size : {64u, 256u, 512u}) {
    const auto note = fmt::format("{} flows, 3 deliveries an event", flows_count);
    row lanes{fmt::format("deliveries, windows of {}k", size), "million/s", {}, {}, {}, note};
    if (size == 256) lanes.goal = std::pair{wanted::at_least, 30};
    row actors{fmt::format("deliveries, each flow its own actor, {}k", size),
               "million/s",
               {},
               {},
               {},
               note};
    for (int round = 0; round < asked.rounds_or(3, 5); ++round) {
      lanes.ours.push_back(
          ask(asked.events_or(1u << 22, 1u << 24), size << 10, flows_are::in_lanes));
      actors.ours.push_back(
          ask(asked.events_or(1u << 20, 1u << 22), size << 10, flows_are::actors));
    }
    to.add(std::move(lanes));
    to.add(std::move(actors));
  }
}
