// Explicit routes: they replace route(), act as starts, and may name nobody.
#include <catch2/catch.hpp>

#include <algorithm>

#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::int64_t>;

/// Only joins, so that nothing but an explicit route can begin an instance.
struct joiner {
  static constexpr std::string_view name = "Joiner";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) {
    if (e.number() < 0) throw std::runtime_error{"asked for the route"};
    return joins(e.key());
  }
  void given(const Noted& e) { add_to(state, e); }
  Notes state;
};

new_event routed(const Noted& body, explicit_routes to) {
  auto one = new_event::of(body);
  one.routes = std::move(to);
  return one;
}

std::vector<std::string> keys(host_test& test) {
  std::vector<std::string> all;
  for (const auto& each : test.flows()) all.push_back(each.key.text());
  return all;
}

}  // namespace

TEST_CASE("an explicit route acts as a starts, and later events join what it began") {
  host_test test;
  test.add<joiner>();
  test.append(note("a", 1));
  CHECK(test.flows().empty());
  test.append(routed(note("whatever", 2), {flow_key{"Joiner", "a"}}));
  test.append(note("a", 3));
  CHECK(numbers(test.read<joiner>("a")->state) == list{2, 3});
  test.crash_and_restart();
  test.append(note("a", 4));
  CHECK(numbers(test.read<joiner>("a")->state) == list{2, 3, 4});
}

TEST_CASE("with explicit routes no route() is asked, and no other flow is reached") {
  host_test test;
  test.add<joiner>().add<notes>().add<all_notes>();
  test.append(routed(note("a", -1), {flow_key{"Notes", "b"}, flow_key{"Joiner", "c"}}));
  CHECK(keys(test) == std::vector<std::string>{"Joiner|c", "Notes|b"});
  CHECK(numbers(test.read<notes>("b")->state) == list{-1});
  CHECK(numbers(test.read<joiner>("c")->state) == list{-1});
}

TEST_CASE("an empty list of routes reaches nobody") {
  host_test test;
  test.add<notes>().add<all_notes>();
  test.append(routed(note("a", 1), {}));
  CHECK(test.flows().empty());
  CHECK(test.timeline().size() == 1);
  test.crash_and_restart();
  CHECK(test.flows().empty());
}

TEST_CASE("a flow that is named twice is reached once") {
  host_test test;
  test.add<notes>().add<all_notes>();
  test.append(routed(note("a", 1), {flow_key{"Notes", "b"}, flow_key{"AllNotes"},
                                    flow_key{"Notes", "b"}, flow_key{"AllNotes"}}));
  CHECK(numbers(test.read<notes>("b")->state) == list{1});
  CHECK(numbers(test.read<all_notes>()->state) == list{1});
}

TEST_CASE("an id may hold any UTF-8") {
  const std::string id =
      GENERATE(as<std::string>{}, "", "|", "a|b", "/@: \"'", "\n", "ключ", "日本");
  host_test test;
  test.add<notes>();
  test.append(routed(note("x", 1), {flow_key{"Notes", id}}));
  test.append(note(id, 2));
  test.crash_and_restart();
  CHECK(numbers(test.read<notes>(id)->state) == list{1, 2});
  CHECK(keys(test) == std::vector<std::string>{"Notes|" + id});
}

TEST_CASE("events for a flow that nobody hosts wait for it, and hold nobody up") {
  host_test test;
  test.add<notes>();
  const auto at =
      test.append(routed(note("a", 1), {flow_key{"Elsewhere", "x"}, flow_key{"Notes", "a"}}));
  CHECK(test.running().wait(at, 1s));
  CHECK(test.running().wait_until_caught_up(1s));
  const auto foreign = test.flow(flow_key{"Elsewhere", "x"});
  CHECK_FALSE(foreign.hosted);
  CHECK(foreign.status == flow_status::pending);
  CHECK(foreign.latest == at);
  test.crash_and_restart();
  CHECK(test.flow(flow_key{"Elsewhere", "x"}).latest == at);
}

TEST_CASE("a type that is named both with and without an id is refused") {
  host_test test;
  test.add<notes>();
  const auto refused =
      test.try_append({routed(note("a", 1), {flow_key{"Notes", "a"}, flow_key{"Notes"}})});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid);
  const auto nameless = test.try_append({routed(note("a", 1), {flow_key{"", "a"}})});
  REQUIRE_FALSE(nameless);
  CHECK(nameless.error().code == errc::invalid);
  CHECK(test.running().tail() == position{0});
}

TEST_CASE("a scheduled event goes to its explicit routes when it is recorded and when it fires") {
  host_test test;
  test.add<notes>().add<all_notes>();
  auto later = routed(note("a", 1), {flow_key{"Notes", "b"}});
  later.due = test.now() + 10min;
  test.append(std::move(later));
  CHECK(numbers(test.read<notes>("b")->state) == list{1});
  test.advance(10min);
  CHECK(numbers(test.read<notes>("b")->state) == list{1, 1});
  CHECK(keys(test) == std::vector<std::string>{"Notes|b"});
}
