// A flow begins anew: from its own events alone, silently, and exactly up to where the others are.
#include <catch2/catch.hpp>

#include "host/host_parts.hpp"
#include "support/diarist.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using millrace::test::act;
using millrace::test::append_surely;
using millrace::test::diarist;
using millrace::test::Do;
using millrace::test::lines;
using shop::note;
using shop::notes;
using shop::numbers;

namespace {

using list = std::vector<std::string>;

const flow_key notes_of_a{"Notes", "a"};
const flow_key diary_of_x{"Diarist", "x"};

/// A life that ended, and one that goes on, with own words and with timers that fired, were
/// cancelled, and are outstanding.
void live(host_test& test) {
  test.append(act("x", "one", {{Do::SAY, "hello"}, {Do::BELL, "1"}, {Do::DONE, ""}}));
  test.append(act("x", "two", {{Do::SAY, "again"}, {Do::BELL, "2"}, {Do::CHIME, "3"}}));
  test.append(act("y", "other", {{Do::SAY, "me too"}}));
  test.advance(2min);
  test.append(act("x", "three", {{Do::CANCEL_CHIME, ""}, {Do::BELL, "60"}, {Do::SAY, "last"}}));
}

std::vector<std::pair<position, std::string>> recorded(host_test& test) {
  std::vector<std::pair<position, std::string>> all;
  for (auto& one : test.timeline()) all.emplace_back(one.at, one.type + one.payload);
  return all;
}

}  // namespace

TEST_CASE("a reset query folds its own events anew, and nobody else's") {
  host_test test;
  test.add<notes>().add<shop::all_notes>();
  for (std::int64_t i = 0; i < 300; ++i) test.append(note(i % 3 == 0 ? "a" : "b", i));
  const auto before = test.read<notes>("a");
  const auto handled = test.running().counters();
  REQUIRE(test.running().reset(notes_of_a));
  test.run();
  const auto after = test.read<notes>("a");
  REQUIRE(after);
  CHECK(numbers(after->state) == numbers(before->state));
  CHECK(after->changed == before->changed);
  CHECK(after->scanned == before->scanned);
  CHECK(after->generation == before->generation + 1);
  const auto now = test.running().counters();
  CHECK(now.handled - handled.handled == 100);
  CHECK(now.timeline_reads - handled.timeline_reads == 100);
  CHECK(now.delivered == handled.delivered);
}

TEST_CASE("a generation is never used again") {
  host_test test;
  test.add<notes>();
  test.append(note("a", 1));
  for (std::uint64_t i = 1; i < 4; ++i) {
    REQUIRE(test.running().reset(notes_of_a));
    test.crash_and_restart();
    CHECK(test.read<notes>("a")->generation == i);
  }
}

TEST_CASE("a flow whose build has no generations left for it is not reset any more") {
  host_test test;
  test.add<notes>();
  test.append(note("a", 1));
  test.stop();
  test.restart_paused();
  auto& stored = *test.running().inside().stored;
  auto row = **stored.find_flow(notes_of_a, first_build);
  row.checkpoint.set_generation(64'999);
  commit_batch batch;
  batch.checkpoints.push_back({row.entry.number, row.checkpoint, {}});
  REQUIRE(stored.commit(batch));
  REQUIRE(test.running().reset(notes_of_a));
  const auto refused = test.running().reset(notes_of_a);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  test.append(note("a", 2));
  CHECK(test.read<notes>("a")->generation == 65'000);
  CHECK(numbers(test.read<notes>("a")->state) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("a reset topic comes to where it was and appends nothing") {
  const std::size_t batch = GENERATE(1, 2, 4096);
  const bool accepts = GENERATE(false, true);
  host_test test;
  test.add<diarist>({.flush = flush_every(batch)});
  live(test);
  const auto noted = lines(test, "x");
  const auto timeline = recorded(test);
  const auto schedule = test.schedule();
  REQUIRE(test.running().reset(diary_of_x, {.accept_history = accepts}));
  test.run();
  CHECK(lines(test, "x") == noted);
  CHECK(recorded(test) == timeline);
  CHECK(test.schedule() == schedule);
  CHECK(test.flow(diary_of_x).status == flow_status::idle);

  test.append(act("x", "four", {{Do::SAY, "live"}}));
  CHECK(lines(test, "x").back() == "word live");
  test.advance(60min);
  CHECK(lines(test, "x").back() == "word heard 60");
}

TEST_CASE("a flow that is done, or has never handled anything, can be reset") {
  host_test test;
  test.add<diarist>();
  test.append(act("x", "one", {{Do::SAY, "bye"}, {Do::DONE, ""}}));
  REQUIRE(test.running().reset(diary_of_x));
  test.run();
  CHECK(lines(test, "x") == list{"not alive"});
  CHECK(test.flow(diary_of_x).done);
  CHECK(test.timeline().size() == 2);
  const auto unknown = test.running().reset(flow_key{"Diarist", "nobody"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == errc::not_found);
}

TEST_CASE("a stopped flow that is reset stops at the same event again, or goes on when mended") {
  bool broken = true;
  host_test test;
  test.add<shop::fragile>({}, std::int64_t{3}, &broken);
  for (std::int64_t i = 0; i < 6; ++i) test.append(note("a", i));
  const flow_key key{"Fragile", "a"};
  REQUIRE(test.flow(key).error_position == position{3});
  broken = GENERATE(true, false);
  REQUIRE(test.running().reset(key));
  test.run();
  CHECK(test.flow(key).error_position == (broken ? std::optional{position{3}} : std::nullopt));
  CHECK(test.read<shop::fragile>("a")->state.count() == (broken ? 3 : 6));
}

TEST_CASE("what was skipped stays skipped when the flow is reset") {
  bool broken = true;
  host_test test;
  test.add<shop::fragile>({}, std::int64_t{3}, &broken);
  for (std::int64_t i = 0; i < 6; ++i) test.append(note("a", i));
  const flow_key key{"Fragile", "a"};
  REQUIRE(test.running().skip(key));
  test.run();
  broken = false;
  REQUIRE(test.running().reset(key));
  test.run();
  CHECK(numbers(test.read<shop::fragile>("a")->state) == std::vector<std::int64_t>{0, 1, 2, 4, 5});
  CHECK(test.flow(key).skipped == 1);
}

TEST_CASE("a flow can be reset while it is deciding again") {
  host_test test;
  test.add<diarist>({.flush = flush_every(1)});
  live(test);
  const auto noted = lines(test, "x");
  const auto timeline = recorded(test);
  auto& engine = *test.running().inside().running;
  for (int i = 0; i < 12; ++i) {
    engine.repair(diary_of_x, {.what = repair_order::kind::reset}, [](auto&&) {});
    for (int steps = 0; steps < 5 + 3 * i && test.step(); ++steps) {
    }
  }
  test.run();
  CHECK(lines(test, "x") == noted);
  CHECK(recorded(test) == timeline);
}

TEST_CASE("a flow can be reset while another actor of it waits for its postings to be written") {
  for (int seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    host_test test{{.seed = static_cast<std::uint64_t>(seed)}};
    bool broken = true;
    test.add<shop::heavy_fragile>({}, 4, &broken).add<diarist>();
    for (std::int64_t i = 0; i < 6; ++i) test.append(note("a", i));
    test.append(act("x", "one", {{Do::SAY, "hello"}}));
    const flow_key key{"HeavyFragile", "a"};
    REQUIRE(test.flow(key).error_position);
    broken = false;
    auto& engine = *test.running().inside().running;
    const auto steps = [&](int most) {
      for (int i = 0; i < most && test.step(); ++i) {
      }
    };
    auto appended = test.append_later({new_event::of(note("a", 6))});
    steps(seed % 7);
    engine.repair(key, {.what = repair_order::kind::retry}, [](auto&&) {});
    steps(1 + seed % 31);
    engine.repair(key, {.what = repair_order::kind::reset}, [](auto&&) {});
    test.run();
    test.append(note("a", 7));
    const auto after = test.read<shop::heavy_fragile>("a");
    REQUIRE(after);
    CHECK(numbers(after->state) == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7});
  }
}

TEST_CASE("resets under appends lose nothing and do nothing twice") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    host_test test{{.seed = seed}};
    test.add<diarist>({.flush = flush_every(1 + seed % 5)}).add<notes>();
    std::vector<future<result<std::vector<position>>>> appended;
    std::size_t resets = 0;
    for (int i = 0; i < 60; ++i) {
      appended.push_back(test.append_later(
          {new_event::of(act("x", std::to_string(i), {{Do::SAY, "w" + std::to_string(i)}})),
           new_event::of(note("a", i))}));
      for (auto steps = (seed * 7 + static_cast<std::uint64_t>(i)) % 23; steps > 0; --steps) {
        static_cast<void>(test.step());
      }
      if (i % 7 != 3) continue;
      const auto& key = i % 2 == 0 ? diary_of_x : notes_of_a;
      test.running().inside().running->repair(
          key, {.what = repair_order::kind::reset},
          [&](const result<void>& done) { resets += done ? 1 : 0; });
    }
    test.run();
    CHECK(resets > 0);
    CHECK(test.timeline("Word").size() == 60);
    CHECK(lines(test, "x").size() == 120);
    CHECK(test.read<notes>("a")->state.count() == 60);
    CHECK(test.running().wait_until_caught_up(0s));
  }
}

TEST_CASE("a process that dies before any commit of a reset begins it again, or has not begun it") {
  const bool accepts = GENERATE(false, true);
  for (std::uint64_t deadly = 0; deadly < 12; ++deadly) {
    INFO("dies before commit " << deadly);
    host_test test;
    test.add<diarist>({.flush = flush_every(2)});
    live(test);
    const auto noted = lines(test, "x");
    const auto timeline = recorded(test);
    const auto fatal = test.commits() + deadly;
    test.on_commit([fatal](std::uint64_t commit) { return commit != fatal; });
    static_cast<void>(test.running().reset(diary_of_x, {.accept_history = accepts}));
    test.run();
    test.on_commit({});
    test.crash_and_restart();
    CHECK(lines(test, "x") == noted);
    CHECK(recorded(test) == timeline);
    CHECK(test.flow(diary_of_x).status == flow_status::idle);
    append_surely(test, act("x", "more", {{Do::SAY, "still here"}}), "more");
    CHECK(lines(test, "x").back() == "word still here");
  }
}

TEST_CASE("a large state, and reactions that are not in the cause index yet, are met again") {
  host_test test;
  test.add<diarist>();
  test.append(act("x", std::string(20'000, 'x')));
  for (int i = 0; i < 5; ++i) test.append(act("x", "a", {{Do::SAY, "w"}, {Do::BELL, "1"}}));
  const auto noted = lines(test, "x");
  const auto timeline = recorded(test);
  // Derived data is written after a second: nothing of it is there.
  REQUIRE(test.running().reset(diary_of_x));
  test.run();
  CHECK(lines(test, "x") == noted);
  CHECK(recorded(test) == timeline);
}
