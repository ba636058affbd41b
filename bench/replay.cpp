// How fast do flows that are new see all of history?
//
// Workload: events of about 70 bytes that reach a query with one instance and one of 10,000 each of
// two others, by typed route(); the host reads, decodes, routes, folds and writes inboxes and
// checkpoints, from the first event until nothing waits. Two cores.
// Baselines, one thread: a plain loop by hand (std::unordered_map), and a tuned one (blocks, a flat
// table, prefetch); both decode each event once, apply the same changes and save the states. To
// know what two cores allow at most, the tuned one is also run with a thread that reads and
// decodes, and one that folds. To know what the loops leave out, it is run with inboxes and the
// pairs of cause and effect, which millrace stores as well. And each of these two is run twice at
// once, one on each core: what both do together is what sharing the work without any loss would.
//
//   bench_replay [--full]     2,000,000 events; 16,000,000
#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "bare/fold.hpp"
#include "bare/inboxes.hpp"
#include "harness/basics.hpp"
#include "harness/history.hpp"
#include "harness/report.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

/// Where the work went: what one event came to.
void tell_counts(report& to, host& of) {
  const auto counted = of.counters();
  const auto all = got(of.statistics()).all;
  const auto batches = std::max<std::uint64_t>(1, all.activity.sizes.count);
  const auto handled = static_cast<double>(counted.handled);
  to.say(
      fmt::format("an event: {:.2f} rows read from the timeline, {:.2f} inbox entries read, "
                  "{:.2f} deliveries from memory; {:.1f} events a batch, {} commits",
                  static_cast<double>(counted.timeline_reads) / handled * 3,
                  static_cast<double>(counted.posting_reads) / handled * 3,
                  static_cast<double>(counted.delivered) / handled * 3,
                  handled / static_cast<double>(batches), counted.commits));
}

using loop = bare::folded (*)(const std::filesystem::path& events,
                              const std::filesystem::path& into);

/// Events a second of two loops at once, both together.
double twice_at_once(const history& over, loop fold) {
  const auto events = over.shape().events;
  const double took = seconds_of_two_at_once([&](int which) {
    auto into = over.scratch();
    into += std::to_string(which);
    need(fold(over.file(), into).events == events, "one of two misses events");
  });
  return 2 * static_cast<double>(events) / took;
}

}  // namespace

int main(int argc, char** argv) {
  report to{"replay", argc, argv};
  const history one{{.events = to.asked().events_or(2'000'000, 16'000'000)}};
  const auto events = static_cast<double>(one.shape().events);
  row plain{
      "replay against a plain loop",       "events/s", {}, {}, std::pair{wanted::at_least, 1.7},
      fmt::format("{:.0f} events", events)};
  row tuned{"replay against a tuned loop",    "events/s", {}, {},
            std::pair{wanted::at_least, 0.9}, "the same"};
  row bound{"the tuned loop on two threads, by itself", "events/s", {}, {}, {}, "no goal: a bound"};
  row whole{"replay against a tuned loop with inboxes", "events/s", {}, {}, {}, "no goal"};
  row two{"two tuned loops at once, together", "events/s", {}, {}, {}, "no goal: a bound"};
  row two_whole{"two of those with inboxes", "events/s", {}, {}, {}, "no goal: a bound"};
  bare::fold_tuned(one.file(), one.scratch());  // warms the file
  for (int round = 0; round < to.asked().rounds_or(3, 5); ++round) {
    settle_disk();
    plain.bare.push_back(events / bare::fold_plainly(one.file(), one.scratch()).seconds);
    settle_disk();
    const double ours = events / replay(one, {}, [&](host& of) {
                          if (round == 0) tell_counts(to, of);
                        });
    plain.ours.push_back(ours);
    tuned.ours.push_back(ours);
    whole.ours.push_back(ours);
    settle_disk();
    tuned.bare.push_back(events / bare::fold_tuned(one.file(), one.scratch()).seconds);
    settle_disk();
    bound.ours.push_back(events / bare::fold_on_two_threads(one.file(), one.scratch()).seconds);
    bound.bare.push_back(tuned.bare.back());
    settle_disk();
    whole.bare.push_back(events / bare::fold_with_inboxes(one.file(), one.scratch()).seconds);
    settle_disk();
    two.bare.push_back(tuned.bare.back());
    two.ours.push_back(twice_at_once(one, bare::fold_tuned));
    settle_disk();
    two_whole.bare.push_back(whole.bare.back());
    two_whole.ours.push_back(twice_at_once(one, bare::fold_with_inboxes));
  }
  to.add(std::move(plain));
  to.add(std::move(tuned));
  to.add(std::move(bound));
  to.add(std::move(whole));
  to.add(std::move(two));
  to.add(std::move(two_whole));
}
