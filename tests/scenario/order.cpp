// Promise 2: each flow sees its events in the order of positions, each of them once.
#include <catch2/catch.hpp>

#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

/// Keeps the positions that it saw.
struct witness {
  static constexpr std::string_view name = "Witness";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted&, const event& envelope) {
    state.add_numbers(static_cast<std::int64_t>(envelope.at.value));
  }
  Notes state;
};
struct witness_of_all {
  static constexpr std::string_view name = "WitnessOfAll";
  using observes = events<Noted>;
  void given(const Noted&, const event& envelope) {
    state.add_numbers(static_cast<std::int64_t>(envelope.at.value));
  }
  Notes state;
};

const std::vector<std::string> keys{"a", "b", "c"};

std::vector<new_event> some(std::int64_t from, std::int64_t to) {
  std::vector<new_event> events;
  for (auto number = from; number < to; ++number) {
    auto one = new_event::of(note(keys[static_cast<std::size_t>(number + number / 4) % 3], number));
    one.id = std::to_string(number);
    events.push_back(std::move(one));
  }
  return events;
}

/// The timeline says who should have seen what.
void check_order(host_test& test) {
  std::map<std::string, std::vector<std::int64_t>> expected;
  std::vector<std::int64_t> all;
  for (const auto& each : test.timeline("Noted")) {
    const auto at = static_cast<std::int64_t>(each.at.value);
    expected[each.as<Noted>().key()].push_back(at);
    all.push_back(at);
  }
  for (const auto& [key, positions] : expected) {
    CAPTURE(key);
    CHECK(numbers(test.read<witness>(key)->state) == positions);
  }
  CHECK(numbers(test.read<witness_of_all>()->state) == all);
}

}  // namespace

TEST_CASE("each flow sees its events in order and once, however they are cut into batches") {
  for (const std::size_t count : {1u, 3u, 7u, 4096u}) {
    CAPTURE(count);
    host_test test;
    test.add<witness>({.flush = flush_every(count)}).add<witness_of_all>();
    std::int64_t next = 0;
    for (const std::int64_t size : {1, 5, 2, 40, 1, 13}) {
      REQUIRE(test.try_append(some(next, next + size)));
      next += size;
    }
    CHECK(test.timeline("Noted").size() == 62);
    check_order(test);
  }
}

TEST_CASE("calls that are queued together keep their order") {
  host_test test;
  test.add<witness>().add<witness_of_all>();
  for (std::int64_t number = 0; number < 30; ++number) test.append_later(some(number, number + 1));
  test.run();
  const auto recorded = test.timeline("Noted");
  REQUIRE(recorded.size() == 30);
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    CHECK(recorded[i].as<Noted>().number() == static_cast<std::int64_t>(i));
  }
  check_order(test);
}

TEST_CASE("order holds over restarts, orderly ones and crashes, in the middle of the work") {
  for (int steps = 0; steps < 40; ++steps) {
    INFO("the process ends after " << steps << " steps of each append");
    host_test test;
    test.add<witness>({.flush = flush_every(2)}).add<witness_of_all>();
    for (std::int64_t next = 0; next < 24; next += 6) {
      auto answer = test.append_later(some(next, next + 6));
      for (int step = 0; step < steps && test.step(); ++step) {
      }
      if (next % 12 == 0) {
        test.crash_and_restart();
      } else {
        test.stop();
        test.restart();
      }
      REQUIRE(test.try_append(some(next, next + 6)));  // a repeat by id, when it was committed
    }
    CHECK(test.timeline("Noted").size() == 24);
    check_order(test);
  }
}

TEST_CASE("order does not depend on which actor runs first") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    host_test test{{.seed = seed}};
    test.add<witness>({.flush = flush_every(3)}).add<witness_of_all>();
    for (std::int64_t next = 0; next < 40; next += 8) {
      test.append_later(some(next, next + 8));
      for (std::uint64_t step = 0; step < seed && test.step(); ++step) {
      }
      if (next == 16) test.crash_and_restart();
    }
    test.run();
    check_order(test);
  }
}
