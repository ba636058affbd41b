// Timers: durable, fired exactly once, in order, and taken off by cancel and done.
#include <millrace/envelope.pb.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "support/diarist.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::string>;

constexpr std::string_view cancelled_type = "millrace.TimersCancelled";

std::vector<std::uint64_t> cancelled_positions(const host_test::recorded& what) {
  const auto body = what.as<v1::TimersCancelled>();
  return {body.positions().begin(), body.positions().end()};
}

Bell bell(const std::string& id, const std::string& tag) {
  Bell made;
  made.set_id(id);
  made.set_tag(tag);
  return made;
}

}  // namespace

TEST_CASE("a timer survives a crash at every commit boundary and fires exactly once") {
  std::uint64_t boundaries = 0;
  for (std::uint64_t boundary = 0; boundary == 0 || boundary < boundaries; ++boundary) {
    INFO("the process dies before commit " << boundary);
    host_test test;
    test.add<diarist>({.flush = flush_every(1)});
    bool died = false;
    test.on_commit([&](std::uint64_t commit) {
      if (died || commit != boundary) return true;
      died = true;
      return false;
    });
    append_surely(test, act("x", "begin", {{Do::BELL, "3"}, {Do::CHIME, "5"}}), "one");
    live_on(test, 4min);
    append_surely(test, act("x", "more", {{Do::BELL, "2"}}), "two");
    live_on(test, 10min);
    while (test.crashed()) test.crash_and_restart();

    CHECK(lines(test, "x") ==
          list{"begin", "bell 3", "word heard 3", "more", "chime 5", "bell 2", "word heard 2"});
    CHECK(fired(test).size() == 3);
    CHECK(test.timeline("Word").size() == 2);
    CHECK(test.schedule().empty());
    boundaries = test.commits();
  }
  CHECK(boundaries > 10);
}

TEST_CASE("a timer fires exactly once when the process dies again and again") {
  const int every = GENERATE(2, 3, 5);
  const std::uint64_t seed = GENERATE(0, 1, 2, 3);
  INFO("seed " << seed << ", each commit number " << every << " is lost");
  host_test test{{.seed = seed}};
  test.add<diarist>({.flush = flush_every(1)});
  int attempts = 0;
  test.on_commit([&](std::uint64_t) { return ++attempts % every != 0; });
  for (int i = 0; i < 5; ++i) {
    append_surely(test, act("x", "go", {{Do::BELL, std::to_string(i % 3)}}), std::to_string(i));
    live_on(test, 1min);
  }
  live_on(test, 5min);
  CHECK(test.schedule().empty());
  std::vector<std::uint64_t> causes;
  for (const auto& each : fired(test)) causes.push_back(each.cause->value);
  CHECK(causes.size() == 5);
  std::sort(causes.begin(), causes.end());
  CHECK(std::adjacent_find(causes.begin(), causes.end()) == causes.end());
  CHECK(test.timeline("Word").size() == 5);
  const auto seen = lines(test, "x");
  CHECK(std::count(seen.begin(), seen.end(), "go") == 5);
  CHECK(seen.size() == 15);
}

TEST_CASE("timers that are late at the start fire in order of due time and position") {
  const int count = GENERATE(10, 3000);
  const std::uint64_t seed = GENERATE(0, 7);
  INFO("seed " << seed);
  host_test test{{.seed = seed}};
  test.add<diarist>();
  std::mt19937_64 random{seed};
  std::vector<new_event> events;
  for (int i = 0; i < count; ++i) {
    auto one = new_event::of(bell("nobody", std::to_string(i)));
    one.due = test.now() + std::chrono::seconds{random() % 100 + 1};
    events.push_back(std::move(one));
  }
  REQUIRE(test.try_append(std::move(events)));
  test.crash();
  test.advance(1h);
  CHECK(fired(test).empty());
  test.restart();

  std::vector<std::pair<timestamp, position>> expected;
  for (const auto& each : test.timeline()) {
    if (each.due) expected.emplace_back(*each.due, each.at);
  }
  std::sort(expected.begin(), expected.end());
  std::vector<std::pair<timestamp, position>> seen;
  const auto all = test.timeline();
  for (const auto& each : fired(test)) seen.emplace_back(*all[each.cause->value].due, *each.cause);
  CHECK(seen.size() == static_cast<std::size_t>(count));
  CHECK(seen == expected);
  CHECK(test.schedule().empty());
}

TEST_CASE("timers of one moment fire in order of their positions, and each at its own time") {
  host_test test;
  test.add<diarist>();
  const auto begun = test.now();
  test.append(act("a", "a", {{Do::CHIME, "2"}, {Do::CHIME, "1"}}));
  test.append(act("b", "b", {{Do::CHIME, "1"}}));
  test.advance(10min);
  const auto rung = fired(test, "Chime");
  REQUIRE(rung.size() == 3);
  CHECK(rung[0].as<Chime>().id() == "a");
  CHECK(rung[1].as<Chime>().id() == "b");
  CHECK(rung[2].as<Chime>().tag() == "2");
  CHECK(rung[0].time == begun + 1min);
  CHECK(rung[2].time == begun + 2min);
}

TEST_CASE("cancel takes the timers of one type off and leaves a record of it") {
  host_test test;
  test.add<diarist>();
  test.append(act("x", "begin", {{Do::BELL, "10"}, {Do::CHIME, "10"}, {Do::BELL, "20"}}));
  test.append(act("y", "other", {{Do::BELL, "10"}}));
  const auto timers = test.timeline("Bell");
  REQUIRE(timers.size() == 3);
  const auto cause = test.append(act("x", "cancel", {{Do::CANCEL_BELL, ""}}));

  const auto record = test.timeline(cancelled_type);
  REQUIRE(record.size() == 1);
  CHECK(record[0].cause == cause);
  CHECK(record[0].emitter == "Diarist|x");
  CHECK(cancelled_positions(record[0]) ==
        std::vector<std::uint64_t>{timers[0].at.value, timers[1].at.value});
  CHECK(test.schedule().size() == 2);
  test.crash_and_restart();
  test.advance(1h);
  CHECK(lines(test, "x") == list{"begin", "cancel", "chime 10"});
  CHECK(lines(test, "y") == list{"other", "bell 10", "word heard 10"});
}

TEST_CASE("cancel with nothing outstanding leaves nothing, not even for what the same when set") {
  host_test test;
  test.add<diarist>();
  test.append(act("x", "cancel", {{Do::CANCEL_BELL, ""}}));
  test.append(act("x", "both", {{Do::BELL, "10"}, {Do::CANCEL_BELL, ""}, {Do::BELL, "5"}}));
  CHECK(test.timeline(cancelled_type).empty());
  REQUIRE(test.schedule().size() == 1);
  test.advance(1h);
  CHECK(lines(test, "x") == list{"cancel", "both", "bell 5", "word heard 5"});
}

TEST_CASE("done takes all timers of its instance along, and nobody else's") {
  host_test test;
  test.add<diarist>();
  test.append(act("x", "begin", {{Do::BELL, "10"}, {Do::CHIME, "20"}}));
  test.append(act("y", "other", {{Do::BELL, "10"}}));
  test.append(act("x", "end", {{Do::DONE, ""}, {Do::BELL, "5"}}));
  CHECK(test.schedule().size() == 1);
  const auto record = test.timeline(cancelled_type);
  REQUIRE(record.size() == 1);
  CHECK(cancelled_positions(record[0]).size() == 2);
  test.advance(1h);
  CHECK(fired(test).size() == 1);
  CHECK(lines(test, "x") == list{"not alive"});
}

TEST_CASE("timers that are due while their flow is stopped fire, and wait for it") {
  bool broken = true;
  host_test test;
  test.add<diarist>({}, &broken);
  test.append(act("x", "begin", {{Do::BELL, "10"}, {Do::CHIME, "20"}}));
  test.append(act("x", "bad", {{Do::THROW, "do it"}}));
  test.advance(1h);
  CHECK(test.flow(flow_key{"Diarist", "x"}).status == flow_status::stopped);
  CHECK(fired(test).size() == 2);
  CHECK(lines(test, "x") == list{"begin"});
  if (GENERATE(false, true)) test.crash_and_restart();
  broken = false;
  REQUIRE(test.running().retry(flow_key{"Diarist", "x"}));
  test.run();
  CHECK(lines(test, "x") == list{"begin", "bad", "bell 10", "word heard 10", "chime 20"});
  CHECK(fired(test).size() == 2);
}

TEST_CASE("a firing that overtook its cancellation is not observed") {
  bool broken = true;
  const std::size_t batch = GENERATE(1, 2, 4096);
  host_test test;
  test.add<diarist>({.flush = flush_every(batch)}, &broken);
  test.append(act("x", "begin", {{Do::BELL, "10"}, {Do::CHIME, "10"}}));
  test.append(act("x", "bad", {{Do::THROW, "do it"}}));
  test.append(act("x", "cancel", {{Do::CANCEL_BELL, ""}}));
  test.advance(1h);
  REQUIRE(fired(test).size() == 2);  // it does not know of the cancellation yet
  broken = false;
  REQUIRE(test.running().retry(flow_key{"Diarist", "x"}));
  test.run();
  CHECK(lines(test, "x") == list{"begin", "bad", "cancel", "chime 10"});
  CHECK(test.timeline("Word").empty());
  CHECK(test.timeline(cancelled_type).empty());  // there was nothing left to take off
  test.crash_and_restart();
  test.append(act("x", "again", {{Do::BELL, "1"}}));
  test.advance(5min);
  CHECK(lines(test, "x") ==
        list{"begin", "bad", "cancel", "chime 10", "again", "bell 1", "word heard 1"});
}

TEST_CASE("whether a timer or its cancellation is quicker changes nothing for the flow") {
  int overtaken = 0;
  constexpr int seeds = 40;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    host_test test{{.seed = seed}};
    test.add<diarist>();
    test.append(act("x", "begin", {{Do::BELL, "10"}}));
    // The cancelling event is on the timeline, the flow's decision is lost.
    test.on_commit([tail = test.running().tail(), &test](std::uint64_t) {
      return test.running().tail() == tail;
    });
    REQUIRE(test.try_append({new_event::of(act("x", "cancel", {{Do::CANCEL_BELL, ""}}))}));
    test.crash();
    test.on_commit(nullptr);
    test.advance(1h);
    test.restart();
    overtaken += fired(test).empty() ? 0 : 1;
    CHECK(fired(test).size() + test.timeline(cancelled_type).size() == 1);
    CHECK(lines(test, "x") == list{"begin", "cancel"});
    CHECK(test.schedule().empty());
  }
  INFO(overtaken << " of " << seeds << " timers were quicker");
  CHECK((overtaken > 0 && overtaken < seeds));
}

TEST_CASE("an event appended with a due time fires as a copy that names it as its cause") {
  host_test test;
  test.add<diarist>();
  test.append(act("x", "begin"));
  auto later = new_event::of(bell("x", "outside"));
  later.due = test.now() + 10min;
  const auto entry = test.append(std::move(later));
  CHECK(lines(test, "x") == list{"begin"});
  CHECK(test.schedule() == std::vector<position>{entry});
  test.crash_and_restart();
  test.advance(10min);
  const auto copies = fired(test, "Bell");
  REQUIRE(copies.size() == 1);
  CHECK(copies[0].cause == entry);
  CHECK(copies[0].emitter.empty());
  CHECK_FALSE(copies[0].due);
  CHECK(copies[0].payload == test.timeline("Bell")[0].payload);
  CHECK(lines(test, "x") == list{"begin", "bell outside", "word heard outside"});
}

TEST_CASE(
    "an event appended with a due time in the past fires at once, and cancel does not reach it") {
  host_test test;
  test.add<diarist>();
  test.append(act("x", "begin"));
  auto later = new_event::of(bell("x", "later"));
  later.due = test.now() + 10min;
  auto past = new_event::of(bell("x", "past"));
  past.due = test.now() - 1h;
  test.append(std::move(later));
  test.append(std::move(past));
  CHECK(lines(test, "x") == list{"begin", "bell past", "word heard past"});
  test.append(act("x", "end", {{Do::CANCEL_BELL, ""}, {Do::DONE, ""}}));
  CHECK(test.schedule().size() == 1);
  test.append(act("x", "anew"));
  test.advance(10min);
  CHECK(lines(test, "x") == list{"anew", "bell later", "word heard later"});
}
