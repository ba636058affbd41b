// A history from elsewhere: what it names is inert until it is adopted.
#include <catch2/catch.hpp>
#include <deque>

#include "host/host_parts.hpp"
#include "millrace/envelope.pb.h"
#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::int64_t>;

/// One line of the history: a note that was routed to these flows.
struct old_event {
  std::uint64_t at = 0;
  std::int64_t number = 0;
  std::vector<std::string> keys;
  std::optional<timestamp> due = {};
};

/// What owns the texts of a part.
struct part_texts {
  std::deque<std::string> all;
  std::string_view keep(std::string text) { return all.emplace_back(std::move(text)); }
};

import_request part_of(const std::vector<old_event>& events,
                       std::vector<std::string> flow_types = {"Notes"}) {
  const auto texts = std::make_shared<part_texts>();
  import_request made{.owner = texts, .flow_types = std::move(flow_types)};
  for (const auto& each : events) {
    v1::Envelope envelope;
    envelope.mutable_routes();
    for (const auto& key : each.keys) envelope.mutable_routes()->add_keys(key);
    if (each.due) {
      envelope.set_due(each.due->time_since_epoch().count());
      made.scheduled.push_back({.at = {each.at}, .due = *each.due, .type = "Noted"});
    }
    made.events.push_back({.at = {each.at},
                           .type = "Noted",
                           .time = timestamp{std::chrono::seconds{each.at}},
                           .payload = texts->keep(note("unasked", each.number).SerializeAsString()),
                           .envelope = texts->keep(envelope.SerializeAsString())});
  }
  return made;
}

imported_checkpoint reached(const std::string& key, std::uint64_t at, const std::string& state) {
  imported_checkpoint made{.key = flow_key::parse(key), .checkpoint = {}, .state = state};
  made.checkpoint.set_position(at);
  made.checkpoint.set_life(at);
  made.checkpoint.set_snapshot(at);
  return made;
}

result<void> import(host_test& test, import_request request) {
  std::optional<result<void>> outcome;
  request.done = [&](const result<void>& told) { outcome = told; };
  test.running().inside().running->import(std::move(request));
  test.run();
  REQUIRE(outcome);
  return *outcome;
}

import_request history_of_two() {
  auto made =
      part_of({{10, 1, {"Notes|a", "Notes|b"}}, {12, 2, {"Notes|a"}}, {20, 3, {"Notes|b"}}});
  made.checkpoints = {reached("Notes|a", 10, Notes{}.SerializeAsString())};
  return made;
}

std::vector<std::string> pending(host_test& test) {
  std::vector<std::string> keys;
  for (const auto& each : test.flows()) {
    if (each.status == flow_status::pending) keys.push_back(each.key.text());
  }
  return keys;
}

}  // namespace

TEST_CASE("imported events keep their positions and times, and what is appended comes after them") {
  host_test test;
  test.add<all_notes>();
  REQUIRE(import(test, history_of_two()));
  CHECK(test.append(note("x", 4)) == position{21});
  const auto all = test.timeline();
  REQUIRE(all.size() == 4);
  CHECK(all[0].at == position{10});
  CHECK(all[2].at == position{20});
  CHECK(all[2].time == timestamp{20s});
}

TEST_CASE("imported flows are inert, whether their type is here or not") {
  const bool hosted = GENERATE(true, false);
  CAPTURE(hosted);
  host_test test;
  if (hosted) test.add<notes>();
  REQUIRE(import(test, history_of_two()));
  CHECK(pending(test) == std::vector<std::string>{"Notes|a", "Notes|b"});
  test.crash_and_restart();
  test.advance(1h);
  CHECK(pending(test) == std::vector<std::string>{"Notes|a", "Notes|b"});
  CHECK(test.running().wait_until_caught_up(1s));  // nobody waits for what nobody runs
}

TEST_CASE("an adopted type goes on after the checkpoints that came with it") {
  host_test test;
  test.add<notes>();
  REQUIRE(import(test, history_of_two()));
  const auto adopted = test.running().adopt("Notes");
  REQUIRE(adopted);
  CHECK(adopted->flows == 2);
  test.run();
  CHECK(pending(test).empty());
  CHECK(numbers(test.read<notes>("a")->state) == list{2});
  CHECK(numbers(test.read<notes>("b")->state) == list{1, 3});
}

TEST_CASE("after its adoption a type is asked for its own routes") {
  host_test test;
  test.add<notes>();
  REQUIRE(import(test, history_of_two()));
  test.append(note("b", 7));  // not adopted yet: reaches nobody
  REQUIRE(test.running().adopt("Notes"));
  test.append(note("b", 8));
  CHECK(numbers(test.read<notes>("b")->state) == list{1, 3, 8});
  test.crash_and_restart();
  test.append(note("b", 9));
  CHECK(numbers(test.read<notes>("b")->state) == list{1, 3, 8, 9});
}

TEST_CASE("an adoption is durable, and done where the flows run or not") {
  host_test test;
  REQUIRE(import(test, history_of_two()));
  REQUIRE(test.running().adopt("Notes"));
  CHECK(pending(test).size() == 2);
  test.stop();
  test.add<notes>();
  test.restart();
  CHECK(numbers(test.read<notes>("a")->state) == list{2});
  test.append(note("a", 5));
  CHECK(numbers(test.read<notes>("a")->state) == list{2, 5});
}

TEST_CASE("only an inert type can be adopted") {
  host_test test;
  test.add<notes>();
  test.append(note("a", 1));
  CHECK(test.running().adopt("Nobody").error().code == errc::not_found);
  CHECK(test.running().adopt("Notes").error().code == errc::conflict);
}

TEST_CASE("a checkpoint of a type that runs here is refused, and nothing of its part is kept") {
  host_test test;
  test.add<notes>();
  test.append(note("a", 1));
  auto part = history_of_two();
  const auto refused = import(test, std::move(part));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(test.timeline().size() == 1);
}

TEST_CASE("a part whose positions are taken is refused whole") {
  host_test test;
  REQUIRE(import(test, history_of_two()));
  const auto refused = import(test, part_of({{20, 9, {}}}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(test.timeline().size() == 3);
}

TEST_CASE("an imported timer fires only after all types that it reaches are adopted") {
  host_test test;
  test.add<notes>().add<all_notes>();
  const auto due = test.now() + 1h;
  REQUIRE(import(test, part_of({{5, 1, {"Notes|a", "AllNotes"}, due}}, {"Notes", "AllNotes"})));
  REQUIRE(test.running().adopt("Notes"));
  test.advance(2h);
  CHECK(test.timeline().size() == 1);
  CHECK(test.running().adopt("AllNotes").error().code == errc::conflict);  // it is overdue by now
  const auto adopted = test.running().adopt("AllNotes", overdue_timers::fire);
  REQUIRE(adopted);
  CHECK(adopted->overdue == 1);
  test.run();
  CHECK(test.timeline().size() == 2);
  CHECK(test.schedule().empty());
  CHECK(numbers(test.read<notes>("a")->state) == list{1, 1});
}

TEST_CASE("overdue timers are skipped or kept when the one who adopts says so") {
  const auto wanted = GENERATE(overdue_timers::skip, overdue_timers::keep);
  host_test test;
  test.add<notes>();
  REQUIRE(import(
      test, part_of({{5, 1, {"Notes|a"}, test.now() - 1h}, {6, 2, {"Notes|a"}, test.now() + 1h}})));
  REQUIRE(test.running().adopt("Notes", wanted));
  test.advance(2h);
  const bool kept = wanted == overdue_timers::keep;
  CHECK(test.schedule() == (kept ? std::vector<position>{{5}} : std::vector<position>{}));
  CHECK(test.timeline("millrace.TimersCancelled").size() == (kept ? 0 : 1));
  CHECK(numbers(test.read<notes>("a")->state) == list{1, 2, 2});
  test.crash_and_restart();
  test.advance(2h);
  CHECK(numbers(test.read<notes>("a")->state) == list{1, 2, 2});
}

TEST_CASE("timers are freed a page at a time, however many an import brought") {
  constexpr std::uint64_t many = 9'000;  // some pages
  const auto wanted = GENERATE(overdue_timers::fire, overdue_timers::skip);
  host_test test;
  test.add<notes>();
  std::vector<old_event> timers;
  for (std::uint64_t i = 0; i < many; ++i) {
    const auto due = i % 3 == 0 ? test.now() + 1h : test.now() - 1h;
    timers.push_back({i, static_cast<std::int64_t>(i), {"Notes|a"}, due});
  }
  REQUIRE(import(test, part_of(timers)));
  const auto adopted = test.running().adopt("Notes", wanted);
  REQUIRE(adopted);
  const bool fires = wanted == overdue_timers::fire;
  CHECK(adopted->overdue == many / 3 * 2);
  CHECK(adopted->activated == (fires ? many : many / 3));
  test.run();
  CHECK(test.schedule().size() == many / 3);
  test.advance(2h);
  CHECK(test.schedule().empty());
  CHECK(test.timeline("Noted").size() == many + (fires ? many : many / 3));
}

TEST_CASE("an adoption that a crash overtakes is whole or was never there") {
  for (std::uint64_t at = 1; at < 12; ++at) {
    CAPTURE(at);
    host_test test;
    test.add<notes>();
    REQUIRE(import(test, history_of_two()));
    const auto before = test.commits();
    test.on_commit([&](std::uint64_t commit) { return commit != before + at; });
    static_cast<void>(test.running().adopt("Notes"));
    test.run();
    test.on_commit([](std::uint64_t) { return true; });
    if (test.crashed()) test.crash_and_restart();
    const auto again = test.running().adopt("Notes");
    CHECK((again || again.error().code == errc::conflict));
    test.run();
    const auto a = test.read<notes>("a");
    const auto b = test.read<notes>("b");
    REQUIRE((a && b));
    CHECK(numbers(a->state) == list{2});
    CHECK(numbers(b->state) == list{1, 3});
  }
}

TEST_CASE("a checkpoint past the end of its history keeps its type from being adopted") {
  host_test test;
  test.add<notes>();
  auto part = history_of_two();
  part.checkpoints.push_back(reached("Notes|b", 30, {}));
  REQUIRE(import(test, std::move(part)));
  const auto refused = test.running().adopt("Notes");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  REQUIRE(import(test, part_of({{30, 4, {"Notes|b"}}, {31, 5, {"Notes|b"}}})));
  REQUIRE(test.running().adopt("Notes"));
  test.run();
  CHECK(numbers(test.read<notes>("b")->state) == list{5});
}

TEST_CASE("a full disk refuses a part, and its types are what they were") {
  host_test test;
  test.add<notes>();
  static_cast<void>(test.running());  // opens the store while there is room
  bool full = true;
  test.disk([&] {
    return full ? result<void>{error{errc::storage_full, "full"}} : result<void>{};
  });
  const auto refused = import(test, history_of_two());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::storage_full);
  full = false;
  test.append(note("x", 1));
  CHECK(numbers(test.read<notes>("x")->state) == list{1});
}
