// What do many instances cost?
//
// Workload: the same number of events over 100, 100,000 and 1,000,000 instances (half of them of
// each of two queries, and one of a third): a replay, as bench_replay has it. Baseline: the plain
// loop by hand (std::unordered_map) at the same count; both fold and save. For comparison the
// tuned loop with inboxes, which saves all that millrace stores. And the memory of an
// idle instance: resident bytes after the replay, less those with 100 instances, for each further
// instance, when the actors that have nothing to do are unloaded.
//
//   bench_instances [--full] [COUNT...]   1,000,000 events over 100, 10,000, 100,000; 16,000,000
//                                         over 100, 100,000, 1,000,000; or over those named
#include <fmt/format.h>

#include <string>
#include <thread>
#include <vector>

#include "bare/fold.hpp"
#include "bare/inboxes.hpp"
#include "base/limits.hpp"
#include "base/process_memory.hpp"
#include "harness/basics.hpp"
#include "harness/history.hpp"
#include "harness/report.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

/// After nothing was asked of any flow for so long that it is unloaded.
std::uint64_t idle_memory() {
  std::this_thread::sleep_for(limits::idle_unload + std::chrono::seconds{10});
  return resident_memory();
}

struct figures {
  std::uint64_t instances = 0;
  std::uint64_t memory = 0;
};

figures ask(report& to, std::uint64_t wanted_instances, std::uint64_t events, bool weigh) {
  const history one{{.events = events, .instances = wanted_instances / 2}};
  row cost{fmt::format("instances: {}", wanted_instances),
           "us/event",
           {},
           {},
           std::pair{wanted::at_most, 1.5},
           {}};
  row whole{fmt::format("instances: {}, against a loop with inboxes", wanted_instances),
            "us/event",
            {},
            {},
            {},
            "no goal"};
  bare::fold_plainly(one.file(), one.scratch());
  figures found;
  const int rounds = to.asked().rounds_or(2, 3);
  for (int round = 0; round < rounds; ++round) {
    const auto micros = [&](double seconds) { return 1e6 * seconds / static_cast<double>(events); };
    settle_disk();
    const auto bare = bare::fold_plainly(one.file(), one.scratch());
    found.instances = bare.instances;
    cost.bare.push_back(micros(bare.seconds));
    settle_disk();
    const bool last = round + 1 == rounds;
    cost.ours.push_back(micros(replay(one, {}, [&](host&) {
      if (last && weigh) found.memory = idle_memory();
    })));
    whole.ours.push_back(cost.ours.back());
    settle_disk();
    whole.bare.push_back(micros(bare::fold_with_inboxes(one.file(), one.scratch()).seconds));
  }
  cost.note = fmt::format("{} events, {} instances reached", events, found.instances);
  to.plot("instances", "millrace", static_cast<double>(found.instances), median_of(cost.ours));
  to.plot("instances", "loop by hand", static_cast<double>(found.instances), median_of(cost.bare));
  to.add(std::move(cost));
  to.add(std::move(whole));
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  give_large_blocks_back();  // as `millrace serve` has it
  report to{"instances", argc, argv};
  const auto events = to.asked().events_or(1'000'000, 16'000'000);
  std::vector<std::uint64_t> counts{100, 10'000, 100'000};
  if (to.asked().full) counts = {100, 100'000, 1'000'000};
  if (!to.asked().rest.empty()) counts.clear();
  for (const auto& word : to.asked().rest) {
    const bool is_number = !word.empty() && word.find_first_not_of("0123456789") == word.npos;
    need(is_number && word.size() < 10 && std::stoull(word) > 1,
         word + " is no count of instances");
    counts.push_back(std::stoull(word));
  }
  std::vector<figures> found;
  for (const auto count : counts) {
    const bool is_outer = count == counts.front() || count == counts.back();
    found.push_back(ask(to, count, events, is_outer && counts.size() > 1));
  }
  const auto& few = found.front();
  const auto& most = found.back();
  if (most.instances <= few.instances) return 0;
  const double more = most.memory > few.memory ? static_cast<double>(most.memory - few.memory) : 0;
  to.add({.question = "memory of an idle instance",
          .unit = "bytes",
          .ours = {more / static_cast<double>(most.instances - few.instances)},
          .bare = {},
          .goal = std::pair{wanted::at_most, 256},
          .note = fmt::format("{} instances: {} MiB resident; {}: {} MiB", most.instances,
                              most.memory >> 20, few.instances, few.memory >> 20)});
}
