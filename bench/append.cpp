// How fast are durable appends, next to what SQLite can do?
//
// batched: events of 200 bytes, 2,000 of them in flight from 8 threads; one event a call, and 100 a
//   call. Baseline: prepared INSERTs of the same rows by one thread, as many a commit as millrace
//   put there on average, synchronous=FULL, WAL.
// alone: one event at a time, the answer waited for. Baseline: a commit of the same row on another
//   thread, with one hand-off there and one back.
// many writers: one event a call, 2,000 in flight, from 1, 8 and 64 threads. Baseline: 8 threads.
//
//   bench_append [--full] [batched] [alone] [writers]
//                             all questions or those; 100,000 events a round; 1,000,000
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bare/committer.hpp"
#include "bare/timeline.hpp"
#include "harness/appending.hpp"
#include "harness/basics.hpp"
#include "harness/report.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

struct outcome {
  double rate = 0;
  std::uint64_t per_commit = 1;
};

outcome append_to_millrace(const appending& how) {
  const temporary_directory place;
  host over{{.store = place.path()}};
  got(over.open());
  outcome made{.rate = append_all(over, how)};
  const auto counted = over.counters();
  made.per_commit = std::max<std::uint64_t>(1, counted.appended / counted.commits);
  return made;
}

void batched(report& to, std::size_t per_call) {
  const auto events = to.asked().events_or(100'000, 1'000'000);
  row found{.question = fmt::format("append, batched, {} a call", per_call),
            .unit = "events/s",
            .ours = {},
            .bare = {},
            .goal = std::pair{wanted::at_least, 0.9}};
  std::uint64_t per_commit = 1;
  // Ours first, always: the baseline repeats its commits.
  for (int round = 0; round < to.asked().rounds_or(5, 7); ++round) {
    settle_disk();
    const auto ours = append_to_millrace({.events = events, .threads = 8, .per_call = per_call});
    per_commit = ours.per_commit;
    settle_disk();
    found.ours.push_back(ours.rate);
    found.bare.push_back(static_cast<double>(events) /
                         bare::insert_rows(events, per_commit, ballast()));
  }
  found.note = fmt::format("{} events a round, about {} a commit", events, per_commit);
  to.add(std::move(found));
}

std::vector<double> latencies(int count, const std::function<void()>& append) {
  std::vector<double> made;
  for (int i = 0; i < count / 10; ++i) append();  // warms up
  for (int i = 0; i < count; ++i) made.push_back(1e6 * seconds_of(append));
  return made;
}

void alone(report& to) {
  const int count = to.asked().full ? 20'000 : 3'000;
  std::vector<percentiles> ours, bare;
  alternate(
      to.asked().rounds_or(5, 7),
      [&] {
        const temporary_directory place;
        host over{{.store = place.path()}};
        got(over.open());
        ours.push_back(
            percentiles_of(latencies(count, [&] { got(over.append(ballast_event()).get()); })));
      },
      [&] {
        const temporary_directory place;
        bare::committer by_hand{place.path() / "bare.db"};
        bare.push_back(percentiles_of(latencies(count, [&] { by_hand.append(ballast()); })));
      });
  const auto tell = [&](const char* name, double percentiles::*which) {
    row found{.question = fmt::format("append, alone, {}", name),
              .unit = "us",
              .ours = {},
              .bare = {},
              .goal = std::pair{wanted::at_most, 1.3},
              .note = fmt::format("{} events a round", count)};
    for (const auto& each : ours) found.ours.push_back(each.*which);
    for (const auto& each : bare) found.bare.push_back(each.*which);
    to.add(std::move(found));
  };
  tell("p50", &percentiles::p50);
  tell("p99", &percentiles::p99);
}

void many_writers(report& to) {
  const auto events = to.asked().events_or(64'000, 640'000);
  std::vector<double> one, eight, many;
  const auto rate = [&](std::size_t threads) {
    settle_disk();
    return append_to_millrace({.events = events, .threads = threads}).rate;
  };
  for (int round = 0; round < to.asked().rounds_or(5, 7); ++round) {
    many.push_back(rate(64));
    eight.push_back(rate(8));
    one.push_back(rate(1));
  }
  to.add({.question = "append, 64 writers against 8",
          .unit = "events/s",
          .ours = many,
          .bare = eight,
          .goal = std::pair{wanted::at_least, 0.8},
          .note = "one event a call, 2,000 in flight"});
  to.add({.question = "append, 1 writer against 8",
          .unit = "events/s",
          .ours = one,
          .bare = eight,
          .goal = {},
          .note = "the same"});
}

}  // namespace

int main(int argc, char** argv) {
  report to{"append", argc, argv};
  auto asked = to.asked().rest;
  const std::vector<std::string> all{"batched", "alone", "writers"};
  for (const auto& each : asked) {
    need(std::find(all.begin(), all.end(), each) != all.end(), each + " is no question of appends");
  }
  if (asked.empty()) asked = all;
  for (const auto& each : asked) {
    if (each == "batched") {
      batched(to, 1);
      batched(to, 100);
    } else if (each == "alone") {
      alone(to);
    } else {
      many_writers(to);
    }
  }
}
