// Looking at flows as they were, while a host runs and while none does.
#include <catch2/catch.hpp>

#include <map>

#include "host/host_parts.hpp"
#include "host/past.hpp"
#include "support/diarist.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using millrace::test::Act;
using millrace::test::act;
using millrace::test::diarist;
using millrace::test::Do;
using millrace::test::joining;
using shop::note;

namespace {

using moment = std::optional<std::string>;  ///< deterministic bytes; none: not alive

/// Ends at a note of 0.
struct mortal {
  static constexpr std::string_view name = "Mortal";
  using observes = events<shop::Noted>;
  static millrace::route route(const shop::Noted& e) {
    return e.number() < 0 ? joins(e.key()) : starts(e.key());
  }
  void given(const shop::Noted& e) { shop::add_to(state, e); }
  bool ends(const shop::Noted& e) const { return e.number() == 0; }
  shop::Notes state;
};

template <class... F>
interest_table::type_list types_of() {
  return {std::make_shared<const flow_type>(describe<F>())...};
}

/// As `flow KEY --at` does it.
result<past_view> look(host_test& test, const flow_key& key, position at,
                       const interest_table::type_list& types) {
  const auto known = known_types::of(types);
  REQUIRE(known);
  const auto& stored = *test.running().inside().stored;
  auto now = overview::of(stored, **known, overview::watch{.key = key, .limit = SIZE_MAX});
  REQUIRE(now);
  auto view = now->find(key);
  REQUIRE(view);
  REQUIRE(*view);
  return look_back(stored, *now, **view, at);
}

/// Lives by itself, and remembers how the flows were after each event.
struct chronicle {
  host_test test;
  std::vector<flow_key> keys;
  std::map<std::pair<std::string, std::uint64_t>, moment> moments;

  void note_down() {
    const auto tail = test.running().tail().value;
    for (const auto& key : keys) {
      const auto seen = test.running().read(key);
      moments[{key.text(), tail - 1}] = seen ? moment{seen->state} : std::nullopt;
    }
  }
  void append(const google::protobuf::Message& body) {
    test.append(body);
    note_down();
  }
  void check(const interest_table::type_list& types) {
    for (const auto& [when, wanted] : moments) {
      INFO(when.first << " at " << when.second);
      const auto then = look(test, flow_key::parse(when.first), {when.second}, types);
      REQUIRE(then);
      CHECK(then->alive == wanted.has_value());
      CHECK(then->state == wanted);
    }
  }
};

}  // namespace

TEST_CASE("a topic is seen as it was at any position, over lives, timers, own words and skips") {
  chronicle past;
  bool broken = true;
  past.test.add<diarist>({}, &broken);
  past.keys = {flow_key{"Diarist", "x"}, flow_key{"Diarist", "y"}};
  past.append(act("x", "one", {{Do::SAY, "a"}, {Do::BELL, "1"}}));
  past.append(act("y", "first", {{Do::CHIME, "1"}}));
  past.append(joining(act("x", "two", {{Do::SAY, "bye"}, {Do::DONE, ""}})));
  past.append(joining(act("x", "lost")));
  past.test.advance(1min);
  past.note_down();
  past.append(act("x", "three", {{Do::BELL, "1"}, {Do::BELL, "2"}}));
  past.append(act("x", "bad", {{Do::THROW, "stand it"}}));
  REQUIRE(past.test.running().skip(past.keys[0]));
  past.test.run();
  past.note_down();
  past.append(act("x", "four", {{Do::SAY, "b"}}));
  past.test.advance(1min);
  past.note_down();
  past.append(act("x", "five", {{Do::CANCEL_BELL, ""}, {Do::SAY, "c"}}));
  past.append(act("y", std::string(10'000, 'y'), {{Do::SAY, "large"}}));
  past.append(act("y", "small", {{Do::SAY, "d"}}));
  past.test.advance(5min);
  past.note_down();
  past.check(types_of<diarist>());
}

TEST_CASE("the past is the same after a reset, and after a restart") {
  chronicle past;
  past.test.add<diarist>();
  past.keys = {flow_key{"Diarist", "x"}};
  past.append(act("x", "one", {{Do::SAY, "a"}, {Do::BELL, "1"}, {Do::DONE, ""}}));
  past.append(act("x", "two", {{Do::SAY, "b"}, {Do::BELL, "1"}}));
  past.test.advance(2min);
  past.note_down();
  past.append(act("x", "three", {{Do::SAY, "c"}}));
  REQUIRE(past.test.running().reset(past.keys[0]));
  past.test.run();
  past.check(types_of<diarist>());
  past.test.advance(2s);
  past.test.crash_and_restart();
  past.check(types_of<diarist>());
}

TEST_CASE("a query is seen as it was, also before it ended") {
  chronicle past;
  past.test.add<mortal>();
  past.keys = {flow_key{"Mortal", "a"}};
  for (const auto number : {-1, 3, 4, -2, 0, -3, 7, 0, 0, 8}) past.append(note("a", number));
  past.check(types_of<mortal>());
  CHECK(look(past.test, past.keys[0], {5}, types_of<mortal>())->ended == position{4});
  CHECK(look(past.test, past.keys[0], {6}, types_of<mortal>())->life == position{6});
  const auto never = look(past.test, past.keys[0], {0}, types_of<mortal>());
  CHECK_FALSE(never->alive);
  CHECK_FALSE(never->ended);
}

TEST_CASE("what a flow has not come to, and what is not there, cannot be looked at") {
  bool broken = true;
  host_test test;
  test.add<shop::fragile>({}, std::int64_t{3}, &broken);
  for (const auto number : {1, 2, 3, 4}) test.append(note("a", number));
  const flow_key key{"Fragile", "a"};
  const interest_table::type_list types{
      std::make_shared<const flow_type>(describe<shop::fragile>({}, std::int64_t{3}, &broken))};
  CHECK(look(test, key, {1}, types)->alive);
  const auto ahead = look(test, key, {3}, types);
  REQUIRE_FALSE(ahead);
  CHECK(ahead.error().code == errc::conflict);
  CHECK(ahead.error().message ==
        "Fragile|a has not come to 3: the next event that it will handle is 2");
  const auto missing = look(test, key, {4}, types);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
}
