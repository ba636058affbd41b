// Does one slow flow hold the others up?
//
// Workload: nine queries of one instance each fold a history; a tenth takes 100 ms an event, on a
// thread of its own, and never gets far. Baseline: the nine alone. Timed until the nine have
// handled everything; memory is the largest resident size of each run.
//
//   bench_slow_flow [--full]     100,000 events; 2,000,000
#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "harness/basics.hpp"
#include "harness/history.hpp"
#include "harness/report.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

constexpr std::array<std::string_view, 9> names{"Nine0", "Nine1", "Nine2", "Nine3", "Nine4",
                                                "Nine5", "Nine6", "Nine7", "Nine8"};

template <std::size_t Number>
struct one_of_nine {
  static constexpr std::string_view name = names[Number];
  using observes = events<Moved>;
  void given(const Moved&) { state.set_count(state.count() + 1); }
  Moves state;
};

/// How the slow one is watched, and let go at the end.
struct pace {
  std::atomic<std::uint64_t> handled{0};
  std::atomic<bool> hurry{false};
};

struct slow {
  static constexpr std::string_view name = "Slow";
  using observes = events<Moved>;
  explicit slow(pace* with) : steps(with) {}
  void given(const Moved&) {
    if (!steps->hurry) std::this_thread::sleep_for(std::chrono::milliseconds{100});
    ++steps->handled;
    state.set_count(state.count() + 1);
  }
  Moves state;
  pace* steps;
};

template <std::size_t... Number>
void add_nine(host& to, std::index_sequence<Number...>) {
  (got(to.add<one_of_nine<Number>>()), ...);
}

struct outcome {
  double rate = 0;  ///< events a second, of the nine
  std::uint64_t peak = 0;
};

outcome run(const history& over, bool with_slow) {
  over.forget_flows();
  forget_peak();
  pace steps;
  host one{{.store = over.directory()}};
  add_nine(one, std::make_index_sequence<9>{});
  if (with_slow) got(one.add<slow>({.runs_on_own_thread = true}, &steps));
  const auto events = over.shape().events;
  const double took = seconds_of([&] {
    got(one.open());
    while (one.counters().handled < 9 * events) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  });
  outcome made{.rate = static_cast<double>(events) / took, .peak = peak_memory()};
  need(steps.handled < events / 10, "the slow flow is not slow");
  steps.hurry = true;
  one.stop(std::chrono::minutes{1});
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  report to{"slow_flow", argc, argv};
  const history over{{.events = to.asked().events_or(100'000, 2'000'000)}};
  row rate{"a slow flow beside nine",
           "events/s",
           {},
           {},
           std::pair{wanted::at_least, 0.95},
           fmt::format("{} events", over.shape().events)};
  row memory{"a slow flow beside nine: memory",
             "MiB more",
             {},
             {},
             std::pair{wanted::at_most, 64},
             "largest resident size, less that of the nine alone"};
  run(over, false);  // warms the file
  std::vector<std::uint64_t> with, without;
  alternate(
      to.asked().rounds_or(5, 5),
      [&] {
        const auto made = run(over, true);
        rate.ours.push_back(made.rate);
        with.push_back(made.peak);
      },
      [&] {
        const auto made = run(over, false);
        rate.bare.push_back(made.rate);
        without.push_back(made.peak);
      });
  for (std::size_t i = 0; i < with.size(); ++i) {
    memory.ours.push_back((static_cast<double>(with[i]) - static_cast<double>(without[i])) /
                          (1 << 20));
  }
  to.add(std::move(rate));
  to.add(std::move(memory));
}
