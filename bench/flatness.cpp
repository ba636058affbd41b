// Does it stay as fast, and as small, as the history grows?
//
// Workload: events of about 70 bytes are appended from 8 threads, 25 a call, while three queries
// (one instance; 10,000 each of two) fold them; each tenth is timed until it is appended, routed
// and handled. Histories of three sizes. Baseline: the first tenth.
//
//   bench_flatness [--full]     500,000, 1,000,000 and 2,000,000 events; 1, 4 and 16 million
#include <fmt/format.h>

#include "harness/appending.hpp"
#include "harness/basics.hpp"
#include "harness/history.hpp"
#include "harness/report.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

struct grown {
  double first = 0, last = 0;  ///< rates of tenths
  std::uint64_t peak = 0;
};

grown grow(std::uint64_t events) {
  const temporary_directory place;
  forget_peak();
  host over{{.store = place.path()}};
  add_flows(over);
  got(over.open());
  grown made;
  for (std::uint64_t tenth = 0; tenth < 10; ++tenth) {
    const auto from = tenth * events / 10;
    const double took = seconds_of([&] {
      append_all(over, {.events = events / 10, .threads = 8, .per_call = 25, .make = [&](auto at) {
                          return new_event::of(moved_at(from + at, 10'000));
                        }});
      got(over.wait_until_caught_up(std::chrono::hours{1}));
    });
    const double rate = static_cast<double>(events) / 10 / took;
    if (tenth == 0) made.first = rate;
    made.last = rate;
  }
  made.peak = peak_memory();
  over.stop(std::chrono::minutes{10});
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  report to{"flatness", argc, argv};
  const auto most = to.asked().events_or(2'000'000, 16'000'000);
  const auto least = to.asked().full ? most / 16 : most / 4;
  for (auto events = least; events <= most; events *= to.asked().full ? 4 : 2) {
    row rate{fmt::format("flatness, {} events: last tenth against first", events),
             "events/s",
             {},
             {},
             std::pair{wanted::at_least, 0.8},
             "appended, routed and handled"};
    row memory{fmt::format("flatness, {} events: memory", events),
               "MiB",
               {},
               {},
               std::pair{wanted::at_most, 1024},
               "largest resident size"};
    for (int round = 0; round < to.asked().rounds_or(3, 3); ++round) {
      const auto made = grow(events);
      rate.ours.push_back(made.last);
      rate.bare.push_back(made.first);
      memory.ours.push_back(static_cast<double>(made.peak >> 20));
    }
    to.add(std::move(rate));
    to.add(std::move(memory));
  }
}
