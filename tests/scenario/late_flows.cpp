// Promise 12: a query that is added late sees all of history while the rest goes on; a new topic
// begins at the tail unless it asks for the beginning.
#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "host/rebuild.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::int64_t>;

/// Begins at positive numbers, hears negative ones when it is there, ends at 0.
struct careful {
  static constexpr std::string_view name = "Careful";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) {
    return e.number() > 0 ? starts(e.key()) : joins(e.key());
  }
  void given(const Noted& e) { add_to(state, e); }
  bool ends(const Noted& e) const { return e.number() == 0; }
  Notes state;
};

struct newcomer {
  static constexpr std::string_view name = "Newcomer";
  using observes = events<Noted>;
  void given(const Noted& e) { add_to(state, e); }
  void when(const Noted&, reactions&) const {}
  Notes state;
};

struct historian {
  static constexpr std::string_view name = "Historian";
  static constexpr auto starts_from = first_event::of_history;
  using observes = events<Noted>;
  void given(const Noted& e) { add_to(state, e); }
  void when(const Noted& e, reactions& then) const {
    if (e.number() == 2) then.emit<ReminderSent>().set_order_id(e.key());
  }
  Notes state;
};

std::vector<new_event> some(std::mt19937_64& random, int count) {
  std::vector<new_event> events;
  for (; count > 0; --count) {
    const auto number = static_cast<std::int64_t>(random() % 7) - 2;
    events.push_back(new_event::of(note(std::to_string(random() % 5), number)));
  }
  return events;
}

std::map<std::string, list> fold_careful(host_test& test) {
  std::map<std::string, list> alive;
  for (const auto& each : test.timeline("Noted")) {
    const auto e = each.as<Noted>();
    if (e.number() > 0) {
      alive[e.key()].push_back(e.number());
    } else if (const auto one = alive.find(e.key()); one != alive.end()) {
      one->second.push_back(e.number());
      if (e.number() == 0) alive.erase(one);
    }
  }
  return alive;
}

void check_careful(host_test& test) {
  const auto expected = fold_careful(test);
  for (int key = 0; key < 5; ++key) {
    const auto id = std::to_string(key);
    INFO("key " << id);
    const auto seen = test.read<careful>(id);
    REQUIRE(seen.has_value() == expected.contains(id));
    if (seen) CHECK(numbers(seen->state) == expected.at(id));
  }
}

}  // namespace

TEST_CASE("a query added late has seen all of history, a new topic what came after it") {
  host_test test;
  test.add<all_notes>();
  for (std::int64_t number = 1; number < 4; ++number) test.append(note("a", number));
  test.stop();
  test.add<careful>().add<newcomer>().add<historian>();
  test.restart();
  CHECK(numbers(test.read<careful>("a")->state) == list{1, 2, 3});
  CHECK(numbers(test.read<historian>()->state) == list{1, 2, 3});
  CHECK_FALSE(test.read<newcomer>());
  CHECK(test.timeline("ReminderSent").size() == 1);
  test.append(note("a", 4));
  CHECK(numbers(test.read<careful>("a")->state) == list{1, 2, 3, 4});
  CHECK(numbers(test.read<newcomer>()->state) == list{4});
  test.crash_and_restart();
  CHECK(numbers(test.read<newcomer>()->state) == list{4});
  CHECK(test.timeline("ReminderSent").size() == 1);
}

TEST_CASE(
    "what named a topic that nobody hosted reaches it, though a crash came before it was routed") {
  const bool was_reached = GENERATE(false, true);
  host_test test;
  test.add<all_notes>();
  const auto naming = [](std::int64_t number) {
    auto one = new_event::of(note("a", number));
    one.routes = {flow_key{"Newcomer"}};
    return one;
  };
  if (was_reached) {
    test.append(naming(1));
    test.advance(5s);  // until that is written
  }
  test.append(note("a", 2));
  test.append(naming(3));
  test.append(note("a", 4));
  test.crash();
  test.add<newcomer>();
  test.restart();
  CHECK(numbers(test.read<newcomer>()->state) == (was_reached ? list{1, 3} : list{3}));
  test.append(note("a", 5));
  test.crash_and_restart();
  CHECK(numbers(test.read<newcomer>()->state) == (was_reached ? list{1, 3, 5} : list{3, 5}));
  rebuild_settings settings;
  settings.may_use.threads = 1;
  const auto counts = rebuild(test.running().inside(), settings);
  REQUIRE(counts);
  CHECK(counts->differences == 0);
}

TEST_CASE(
    "a late query and one that was there from the start come to the same, live and over crashes") {
  const bool crashes = GENERATE(false, true);
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed << (crashes ? ", with crashes" : ""));
    std::mt19937_64 random{seed};
    host_test test{{.seed = seed}};
    test.add<all_notes>();
    for (int i = 0; i < 20; ++i) REQUIRE(test.try_append(some(random, 7)));
    test.crash();
    test.add<careful>({.flush = flush_every(3)});
    test.restart();
    for (int i = 0; i < 20; ++i) {
      static_cast<void>(test.append_later(some(random, 3)));
      for (auto steps = random() % 20; steps > 0; --steps) test.step();
      if (crashes && random() % 6 == 0) test.crash_and_restart();
    }
    test.advance(5s);
    check_careful(test);
    CHECK(test.read<all_notes>()->state.count() ==
          static_cast<std::int64_t>(test.timeline("Noted").size()));
  }
}
