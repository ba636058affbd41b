// What does it cost to fold one instance again?
//
// Workload: a history in which each instance of two queries has about 300 events; one of them is
// reset, until it is where it was. Baseline: as many point reads of the same events, and two
// commits.
//
//   bench_reset [--full]     300,000 events, 1,000 instances each; 16,000,000, 53,333 each
#include <fmt/format.h>

#include "bare/timeline.hpp"
#include "harness/basics.hpp"
#include "harness/history.hpp"
#include "harness/report.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

constexpr std::uint64_t events_each = 300;

std::vector<std::uint64_t> inbox_of(const history& of, const std::string& item) {
  std::vector<std::uint64_t> made;
  for (std::uint64_t at = 0; at < of.shape().events; ++at) {
    if (moved_at(at, of.shape().instances).item() == item) made.push_back(at);
  }
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  report to{"reset", argc, argv};
  const auto events = to.asked().events_or(300'000, 16'000'000);
  const history one{{.events = events, .instances = events / events_each}};
  replay(one);
  const std::string item = "item-7";
  const auto inbox = inbox_of(one, item);
  host over{{.store = one.directory()}};
  add_flows(over);
  got(over.open());
  const auto handled = [&] { return over.counters().handled; };
  row found{"reset of one instance",
            "ms",
            {},
            {},
            std::pair{wanted::at_most, 2},
            fmt::format("{} of {} events", inbox.size(), events)};
  alternate(
      to.asked().rounds_or(15, 31),
      [&] {
        const auto before = handled();
        found.ours.push_back(1e3 * seconds_of([&] {
                               got(over.reset(host::key_of<by_item>(item)));
                               got(over.wait_until_caught_up(std::chrono::minutes{1}));
                             }));
        need(handled() - before == inbox.size(), "the reset did not read the whole inbox");
      },
      [&] {
        found.bare.push_back(
            1e3 * seconds_of([&] { bare::point_reads(one.file(), inbox, one.scratch()); }));
      });
  need(got(over.read<by_item>(item)).state.count() == inbox.size(), "the state is another one");
  to.add(std::move(found));
}
