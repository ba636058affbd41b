// Promise 7: a restart costs what is pending, and nobody receives anything old.
#include <catch2/catch.hpp>
#include <millrace/host.hpp>

#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

std::vector<new_event> some(const std::string& key, std::int64_t from, std::int64_t to) {
  std::vector<new_event> events;
  for (auto number = from; number < to; ++number)
    events.push_back(new_event::of(note(key, number)));
  return events;
}

void append_all(host& to, const std::string& key, std::int64_t from, std::int64_t until) {
  for (auto first = from; first < until; first += 5000) {
    REQUIRE(to.append(some(key, first, std::min(first + 5000, until))).get());
  }
}

}  // namespace

TEST_CASE("a flow at 55,000 and one at 100 restart, and the first gets nothing old") {
  const temporary_directory place;
  bool broken = true;
  const auto open = [&](host& one) {
    REQUIRE(one.add<fragile>({}, std::int64_t{100}, &broken));
    REQUIRE(one.add<all_notes>());
    REQUIRE(one.open());
  };
  {
    host first{{.store = place.path()}};
    open(first);
    append_all(first, "slow", 0, 55'000);
    REQUIRE(first.wait_until_caught_up(std::chrono::seconds{60}));
  }
  host second{{.store = place.path()}};
  open(second);
  REQUIRE(second.wait_until_caught_up(std::chrono::seconds{60}));
  CHECK(second.counters().handled == 0);
  CHECK(second.counters().timeline_reads == 0);

  broken = false;
  REQUIRE(second.retry(flow_key{"Fragile", "slow"}));
  REQUIRE(second.wait_until_caught_up(std::chrono::seconds{60}));
  CHECK(second.counters().handled == 54'900);
  CHECK(second.counters().timeline_reads == 54'900);
  CHECK(second.read<fragile>("slow")->state.count() == 55'000);
  CHECK(second.read<all_notes>()->state.count() == 55'000);
}

TEST_CASE("a restart reads what is pending, however many instances there are") {
  const temporary_directory place;
  constexpr std::int64_t instances = 2'000;
  {
    host first{{.store = place.path()}};
    REQUIRE(first.add<notes>());
    REQUIRE(first.open());
    std::vector<new_event> events;
    for (std::int64_t i = 0; i < instances; ++i) {
      events.push_back(new_event::of(note(std::to_string(i), i)));
    }
    REQUIRE(first.append(std::move(events)).get());
    REQUIRE(first.wait_until_caught_up(std::chrono::seconds{60}));
  }
  {
    // Nobody runs the flows while these ten come in.
    host idle{{.store = place.path(), .run_flows = false}};
    REQUIRE(idle.add<notes>());
    REQUIRE(idle.open());
    for (int i = 0; i < 10; ++i) {
      REQUIRE(idle.append(new_event::of(note(std::to_string(i), -1))).get());
    }
  }
  host second{{.store = place.path()}};
  REQUIRE(second.add<notes>());
  REQUIRE(second.open());
  REQUIRE(second.wait_until_caught_up(std::chrono::seconds{60}));
  CHECK(second.counters().handled == 10);
  CHECK(second.counters().timeline_reads == 10);
  CHECK(second.counters().posting_reads <= 20);
  for (int i = 0; i < 10; ++i) {
    CHECK(second.read<notes>(std::to_string(i))->state.count() == 2);
  }
}

TEST_CASE("what was routed and not written is routed again after a crash, nothing twice") {
  host_test test;
  test.add<notes>().add<all_notes>();
  for (std::int64_t number = 0; number < 20; ++number) {
    test.append(note("k" + std::to_string(number % 3), number));
    if (number % 5 == 4) test.crash_and_restart();
  }
  CHECK(test.read<all_notes>()->state.count() == 20);
  for (int key = 0; key < 3; ++key) {
    const auto state = test.read<notes>("k" + std::to_string(key))->state;
    for (int i = 0; i < state.numbers_size(); ++i) CHECK(state.numbers(i) == key + 3 * i);
  }
}
