// Appending: idempotent by id, checked; on any error nothing is appended.
#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

using positions = std::vector<position>;

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
  CHECK(never.read(flow_key{"Notes", "a"}).error().code == errc::closed);

  const temporary_directory place;
  host stopped{{.store = place.path()}};
  REQUIRE(stopped.add<notes>());
  REQUIRE(stopped.open());
  REQUIRE(stopped.append(new_event::of(note("a", 1))).get());
  stopped.stop();
  CHECK(stopped.append(new_event::of(note("a", 1))).get().error().code == errc::closed);
  CHECK(stopped.wait(position{0}).error().code == errc::closed);
}
