// Appends under a condition: the tail of the timeline, or the latest position of one flow.
#include <catch2/catch.hpp>

#include <random>

#include "base/limits.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

using positions = std::vector<position>;

const flow_key notes_of_a{"Notes", "a"};

append_condition at_tail(std::uint64_t tail) {
  append_condition made;
  made.tail = position{tail};
  return made;
}
append_condition when_latest(const flow_key& flow, std::optional<position> at) {
  append_condition made;
  made.flow_latest = append_condition::latest{flow, at};
  return made;
}

std::size_t count_of(host_test& test, const std::string& key) {
  const auto seen = test.read<notes>(key);
  return seen ? static_cast<std::size_t>(seen->state.count()) : 0;
}

/// Its routing is parked at 3 until somebody mends it.
struct picky {
  static constexpr std::string_view name = "Picky";
  using observes = events<Noted>;
  static inline bool broken = true;
  static millrace::route route(const Noted& e) {
    if (e.number() == 3 && broken) throw std::runtime_error{"where to?"};
    return starts(e.key());
  }
  void given(const Noted& e) { add_to(state, e); }
  Notes state;
};

}  // namespace

TEST_CASE("an append under the condition of a tail happens only there") {
  host_test test;
  test.add<notes>();
  CHECK(test.try_append({new_event::of(note("a", 1))}, at_tail(0)));
  const auto refused = test.try_append({new_event::of(note("a", 2))}, at_tail(0));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(refused.error().message == "the tail is 1, not 0");
  CHECK(test.running().tail() == position{1});

  // Of two that expect the same tail, in one commit, one wins.
  auto winner = test.running().append({new_event::of(note("a", 3))}, at_tail(1));
  auto loser = test.running().append({new_event::of(note("a", 4))}, at_tail(1));
  test.run();
  CHECK(winner.get());
  CHECK(loser.get().error().code == errc::conflict);
  CHECK(numbers(test.read<notes>("a")->state) == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("an append under the condition of a flow's latest position") {
  host_test test;
  test.add<notes>();
  SECTION("holds while nothing was ever routed to the flow") {
    CHECK(test.try_append({new_event::of(note("a", 1))}, when_latest(notes_of_a, {})));
    CHECK_FALSE(test.try_append({new_event::of(note("a", 2))}, when_latest(notes_of_a, {})));
  }
  SECTION("holds whatever happened to others") {
    const auto at = test.append(note("a", 1));
    test.append(note("b", 1));
    CHECK(test.try_append({new_event::of(note("a", 2))}, when_latest(notes_of_a, at)));
  }
  SECTION("fails, and says what was found") {
    test.append(note("a", 1));
    test.append(note("a", 2));
    const auto refused =
        test.try_append({new_event::of(note("a", 3))}, when_latest(notes_of_a, position{0}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::conflict);
    CHECK(refused.error().message == "the latest position of Notes|a is 1, not 0");
    CHECK(count_of(test, "a") == 2);
  }
  SECTION("fails for what is appended and not routed yet") {
    auto unrouted = test.append_later({new_event::of(note("a", 1))});
    const auto refused =
        test.try_append({new_event::of(note("a", 2))}, when_latest(notes_of_a, {}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::conflict);
    CHECK(unrouted.get());
    CHECK(count_of(test, "a") == 1);
  }
  SECTION("is known again after a restart") {
    const auto at = test.append(note("a", 1));
    test.crash_and_restart();
    CHECK_FALSE(test.try_append({new_event::of(note("a", 2))}, when_latest(notes_of_a, {})));
    CHECK(test.try_append({new_event::of(note("a", 2))}, when_latest(notes_of_a, at)));
  }
}

TEST_CASE(
    "of appends that race for a flow's latest position one wins, and it had seen everything") {
  int won = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    host_test test{{.seed = seed}};
    test.add<notes>();
    const auto latest = test.append(note("a", 0));
    std::vector<future<result<positions>>> racing;
    for (int i = 1; i <= 4; ++i) {
      racing.push_back(
          test.running().append({new_event::of(note("a", i))}, when_latest(notes_of_a, latest)));
      for (auto steps = random() % 4; steps > 0; --steps) test.step();
      if (i == 2 && seed % 2 == 0) {
        static_cast<void>(test.append_later({new_event::of(note("a", 100))}));
      }
    }
    test.run();
    int winners = 0;
    for (auto& each : racing) {
      const auto answer = each.get();
      if (!answer) {
        CHECK(answer.error().code == errc::conflict);
        continue;
      }
      ++winners;
      CHECK(answer->front() == latest.next());  // nothing came between
    }
    CHECK(winners <= 1);
    if (seed % 2 == 1) CHECK(winners == 1);
    won += winners;
    CHECK(count_of(test, "a") == test.timeline().size());
  }
  CHECK(won > 30);
}

TEST_CASE(
    "while the routing of a type is parked, nobody can know the latest position of its flows") {
  picky::broken = true;
  host_test test;
  test.add<picky>().add<notes>();
  const auto latest = test.append(note("a", 1));
  test.append(note("a", 3));
  const auto last = test.append(note("a", 4));
  const flow_key picky_a{"Picky", "a"};
  const auto refused = test.try_append({new_event::of(note("a", 5))}, when_latest(picky_a, latest));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::stopped);
  CHECK(refused.error().message.find("where to?") != std::string::npos);
  CHECK(test.try_append({new_event::of(note("b", 1))}, when_latest(notes_of_a, last)));

  picky::broken = false;
  REQUIRE(test.running().retry(flow_key{"Picky"}));
  CHECK(test.try_append({new_event::of(note("a", 5))}, when_latest(picky_a, last)));
}

TEST_CASE("conditional appends that wait for routing are bounded like all others") {
  host_test test;
  test.add<notes>();
  new_event tick;
  tick.type = "Tick";
  tick.payload = "{}";
  tick.content_type = std::string{content_type_json};
  const std::vector<new_event> many(limits::append_events_max, tick);
  constexpr std::size_t fits = limits::queue_events_max / limits::append_events_max;
  std::vector<future<result<positions>>> answers;
  for (std::size_t i = 0; i <= fits; ++i) {
    answers.push_back(test.running().append(many, when_latest(notes_of_a, {})));
  }
  REQUIRE(answers[fits].wait_for(duration{0}) == std::future_status::ready);
  CHECK(answers[fits].get().error().code == errc::overloaded);
  test.run();
  for (std::size_t i = 0; i < fits; ++i) CHECK(answers[i].get());
  CHECK(test.try_append(many, when_latest(notes_of_a, {})));
}

TEST_CASE("a repeat by id of a conditional append that happened is no conflict") {
  host_test test;
  test.add<notes>();
  auto one = new_event::of(note("a", 1));
  one.id = "one";
  auto two = new_event::of(note("a", 2));
  two.id = "two";
  const auto condition = GENERATE(at_tail(0), when_latest(notes_of_a, {}));
  REQUIRE(test.try_append({one, two}, condition));
  if (GENERATE(false, true)) test.crash_and_restart();
  CHECK(test.try_append({one, two}, condition).value() == positions{{0}, {1}});
  // With anything new in it, it is another append.
  const auto other = test.try_append({one, new_event::of(note("a", 3))}, condition);
  REQUIRE_FALSE(other);
  CHECK(other.error().code == errc::conflict);
  CHECK(count_of(test, "a") == 2);
}
