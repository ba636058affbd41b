// Appending: idempotent by id, conditional, checked; on any error nothing is appended.
#include <catch2/catch.hpp>

#include <random>

#include "base/limits.hpp"
#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

using positions = std::vector<position>;

const flow_key notes_of_a{"Notes", "a"};

new_event with_id(new_event one, const std::string& id) {
  one.id = id;
  return one;
}
new_event json(const std::string& type, const std::string& text) {
  new_event one;
  one.type = type;
  one.payload = text;
  one.content_type = std::string{content_type_json};
  return one;
}
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

}  // namespace

TEST_CASE(
    "an event whose id was appended before gets its first position, and is not appended again") {
  host_test test;
  test.add<notes>();
  const auto first = test.append(with_id(new_event::of(note("a", 1)), "one"));
  SECTION("at once") {}
  SECTION("after a crash") { test.crash_and_restart(); }
  SECTION("after an orderly restart") {
    test.stop();
    test.restart();
  }
  CHECK(test.append(with_id(new_event::of(note("a", 2)), "one")) == first);
  CHECK(test.append(with_id(new_event::of(note("a", 3)), "two")) == first.next());
  CHECK(numbers(test.read<notes>("a")->state) == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("a repeated id within one call, or within one commit, counts once") {
  host_test test;
  test.add<notes>();
  auto one = with_id(new_event::of(note("a", 1)), "one");
  auto two = with_id(new_event::of(note("a", 2)), "two");
  auto earlier = test.append_later({one});
  const auto both = test.try_append({two, one, new_event::of(note("a", 3)), two});
  REQUIRE(both);
  CHECK(earlier.get().value() == positions{{0}});
  CHECK(*both == positions{{1}, {0}, {2}, {1}});
  CHECK(numbers(test.read<notes>("a")->state) == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("an id of an append that failed is free") {
  host_test test;
  test.add<notes>();
  test.append(note("a", 1));
  const auto refused = test.try_append({with_id(new_event::of(note("a", 2)), "one")}, at_tail(7));
  REQUIRE_FALSE(refused);
  CHECK(test.append(with_id(new_event::of(note("a", 3)), "one")) == position{1});
}

TEST_CASE("an id is remembered for the age of the window, and not longer") {
  host_test test;
  test.add<notes>();
  const auto one = with_id(new_event::of(note("a", 1)), "one");
  test.append(one);
  test.advance(limits::id_window_age - 1min);
  CHECK(test.append(one) == position{0});
  if (GENERATE(false, true)) test.crash_and_restart();
  test.advance(2min);
  CHECK(test.append(one) == position{1});
}

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
    std::vector<std::future<result<positions>>> racing;
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

TEST_CASE("an append that breaks a rule is refused by name, and nothing of the call is appended") {
  host_test test;
  test.add<notes>();
  const auto good = new_event::of(note("a", 1));
  const auto refused = [&](new_event bad) {
    const auto answer = test.try_append({good, std::move(bad)});
    CHECK(test.running().tail() == position{0});
    CHECK(test.flows().empty());
    REQUIRE_FALSE(answer);
    CHECK_FALSE(answer.error().message.empty());
    return answer.error().code;
  };
  auto bad = good;
  SECTION("no type") {
    bad.type.clear();
    CHECK(refused(bad) == errc::invalid);
  }
  SECTION("a type of the system") {
    CHECK(refused(json("millrace.TimersCancelled", "{}")) == errc::invalid);
  }
  SECTION("a payload that is not what its type says") {
    bad.payload = "\xff\xff\xff";
    CHECK(refused(bad) == errc::undecodable);
  }
  SECTION("a payload of a type that nobody knows, and is not JSON") {
    bad.type = "Unheard";
    CHECK(refused(bad) == errc::unknown_type);
  }
  SECTION("broken JSON") { CHECK(refused(json("Unheard", "{\"x\":")) == errc::undecodable); }
  SECTION("JSON that is not what its type says") {
    CHECK(refused(json("Noted", "{\"number\":\"many\"}")) == errc::undecodable);
  }
  SECTION("a content type that nobody knows") {
    bad.content_type = "text/plain";
    CHECK(refused(bad) == errc::invalid);
  }
  SECTION("an event that is too large") {
    bad = new_event::of(note("a", 1, std::string(limits::event_size_max, 'x')));
    CHECK(refused(bad) == errc::too_large);
  }
  SECTION("an id that is too long") {
    bad.id = std::string(limits::event_id_size_max + 1, 'i');
    CHECK(refused(bad) == errc::too_large);
  }
  SECTION("text that is not UTF-8") {
    bad.user = "\xC3";
    CHECK(refused(bad) == errc::invalid);
  }
  CHECK(test.append(note("a", 1)) == position{0});
}

TEST_CASE("more events or bytes than one call may have are refused as too large") {
  host_test test;
  test.add<notes>();
  const auto many =
      test.try_append(std::vector<new_event>(limits::append_events_max + 1, json("Tick", "{}")));
  REQUIRE_FALSE(many);
  CHECK(many.error().code == errc::too_large);
  const auto large = new_event::of(note("a", 1, std::string(limits::event_size_max - 1000, 'x')));
  const auto heavy = test.try_append(std::vector<new_event>(9, large));
  REQUIRE_FALSE(heavy);
  CHECK(heavy.error().code == errc::too_large);
  CHECK(test.running().tail() == position{0});
  CHECK(test.try_append(std::vector<new_event>(7, large)));
  CHECK(count_of(test, "a") == 7);
}

TEST_CASE("an append of nothing is nothing") {
  host_test test;
  test.add<notes>();
  const auto nothing = test.try_append({});
  REQUIRE(nothing);
  CHECK(nothing->empty());
  CHECK_FALSE(test.try_append({}, at_tail(5)));
  CHECK(test.running().tail() == position{0});
}

TEST_CASE(
    "types that no flow observes are taken as JSON, to the letter, unless the host is strict") {
  const bool strict = GENERATE(false, true);
  host_test test{{.host = {.strict = strict}}};
  test.add<notes>();
  const std::string text = "{ \"b\":1.0,\n \"a\" : [1,2] }";
  const auto answer = test.try_append({json("Unheard", text)});
  if (strict) {
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == errc::unknown_type);
    CHECK(answer.error().message.find("Unheard") != std::string::npos);
    CHECK(test.running().tail() == position{0});
  } else {
    REQUIRE(answer);
    CHECK(test.timeline("Unheard")[0].payload == text);
  }
  test.append(json("Noted", "{\"key\":\"a\",\"number\":\"7\"}"));
  CHECK(numbers(test.read<notes>("a")->state) == std::vector<std::int64_t>{7});
}

TEST_CASE("a host that is not open, or stopped, answers closed") {
  host never{{}};
  CHECK(never.append(new_event::of(note("a", 1))).get().error().code == errc::closed);
  CHECK(never.wait(position{0}).error().code == errc::closed);
  CHECK(never.read(notes_of_a).error().code == errc::closed);

  const temporary_directory place;
  host stopped{{.store = place.path()}};
  REQUIRE(stopped.add<notes>());
  REQUIRE(stopped.open());
  REQUIRE(stopped.append(new_event::of(note("a", 1))).get());
  stopped.stop();
  CHECK(stopped.append(new_event::of(note("a", 1))).get().error().code == errc::closed);
  CHECK(stopped.wait(position{0}).error().code == errc::closed);
}
