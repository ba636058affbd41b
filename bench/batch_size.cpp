// Which batch size is best, and how far is the default from it?
//
// Workload: a replay as bench_replay has it, with flush_every(N) on all three queries, N from 1 to
// 1,000,000. Baseline: the best of the fixed sizes.
//
//   bench_batch_size [--full]     1,000,000 events; 4,000,000
#include <fmt/format.h>

#include "harness/basics.hpp"
#include "harness/history.hpp"
#include "harness/report.hpp"

using namespace millrace;
using namespace millrace::bench;

int main(int argc, char** argv) {
  report to{"batch_size", argc, argv};
  // Of seven sizes the best is also the luckiest: what is short, and seldom measured, is found to
  // be a tenth better than it is.
  const auto events = to.asked().events_or(1'000'000, 4'000'000);
  const history all{{.events = events}};
  const std::vector<std::size_t> sizes{1, 10, 100, 1000, 10'000, 100'000, 1'000'000};
  const int rounds = to.asked().rounds_or(4, 5);
  replay(all);  // warms the file
  std::vector<std::vector<double>> fixed(sizes.size());
  row chosen{"batch size: the default against the best", "events/s", {}, {},
             std::pair{wanted::at_least, 0.9},           {}};
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const double took = replay(all, {.flush = flush_every(sizes[i])});
      fixed[i].push_back(static_cast<double>(events) / took);
    }
    chosen.ours.push_back(static_cast<double>(events) / replay(all));
  }
  std::size_t best = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double rate = median_of(fixed[i]);
    to.plot("batch_size", "replay", static_cast<double>(sizes[i]), rate);
    to.say(fmt::format("flush_every({}): {:.0f} events/s", sizes[i], rate));
    if (rate > median_of(fixed[best])) best = i;
  }
  chosen.bare = fixed[best];
  chosen.note = fmt::format("{} events; best is {}; the default is {}", events, sizes[best],
                            flush_policy{}.count);
  to.add(std::move(chosen));
}
