// A full disk holds what the engine wants to write and refuses what comes from outside; a broken
// one ends everything, and says so.
#include <catch2/catch.hpp>

#include "host/host_parts.hpp"
#include "support/diarist.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;
using millrace::test::act;
using millrace::test::diarist;
using millrace::test::Do;
using millrace::test::fired;
using millrace::test::lines;

namespace {

using list = std::vector<std::string>;

/// What the disk says, and how often it was asked.
struct disk {
  std::optional<error> says;
  int good_commits = 0;  ///< that still succeed
  int asked = 0;

  std::function<result<void>()> hook() {
    return [this]() -> result<void> {
      ++asked;
      if (!says || good_commits-- > 0) return {};
      return *says;
    };
  }
};

const error full{errc::storage_full, "no space left on device"};
const error broken{errc::storage_failed, "the flush failed"};

errc code_of(const result<std::vector<position>>& answer) {
  REQUIRE_FALSE(answer);
  return answer.error().code;
}

}  // namespace

TEST_CASE("on a full disk appends are refused, retryable, and nothing is appended") {
  disk device;
  host_test test;
  test.add<all_notes>().disk(device.hook());
  test.append(note("a", 1));
  device.says = full;
  const auto refused = test.try_append({new_event::of(note("a", 2)), new_event::of(note("a", 3))});
  CHECK(code_of(refused) == errc::storage_full);
  CHECK(is_retryable(refused.error().code));
  CHECK(refused.error().message.find("no space") != std::string::npos);
  CHECK(test.running().tail() == position{1});
  test.advance(10s);
  CHECK(test.timeline().size() == 1);

  device.says.reset();
  CHECK(test.append(note("a", 2)) == position{1});
  CHECK(numbers(test.read<all_notes>()->state) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("on a full disk the work of flows is held, and is done once when there is room") {
  const int good = GENERATE(1, 2, 3);
  disk device;
  host_test test;
  test.add<diarist>().add<all_notes>().disk(device.hook());
  test.append(act("x", "begin"));
  test.advance(5s);
  device.says = full;
  device.good_commits = good;
  // With room for the event, and not for all that follows from it.
  REQUIRE(test.try_append({new_event::of(act("x", "more", {{Do::SAY, "yes"}, {Do::BELL, "1"}}))}));
  test.advance(10s);
  CHECK(test.flow(flow_key{"Diarist", "x"}).error_message.empty());  // visible meanwhile
  CHECK(lines(test, "x").front() == "begin");
  CHECK(test.running().inside().running->is_held());
  const auto asked = device.asked;
  test.advance(10s);
  CHECK(device.asked > asked);  // it tries again, now and then
  CHECK(device.asked < asked + 100);
  device.says.reset();
  test.advance(1s);
  CHECK_FALSE(test.running().inside().running->is_held());
  CHECK(lines(test, "x") == list{"begin", "more", "word yes"});
  CHECK(test.timeline("Word").size() == 1);
  CHECK(test.schedule().size() == 1);
  CHECK(test.running().wait_until_caught_up(1s));
}

TEST_CASE("a timer that is due while the disk is full fires when there is room, once") {
  disk device;
  host_test test;
  test.add<diarist>().disk(device.hook());
  test.append(act("x", "begin", {{Do::BELL, "1"}}));
  test.advance(10s);
  device.says = full;
  test.advance(5min);
  CHECK(fired(test).empty());
  device.says.reset();
  test.advance(1s);
  CHECK(fired(test).size() == 1);
  CHECK(lines(test, "x") == list{"begin", "bell 1", "word heard 1"});
}

TEST_CASE("what a full disk held is not lost when the process dies") {
  disk device;
  host_test test;
  test.add<diarist>().disk(device.hook());
  test.append(act("x", "begin"));
  device.says = full;
  device.good_commits = 1;
  REQUIRE(test.try_append({new_event::of(act("x", "more", {{Do::SAY, "yes"}}))}));
  test.advance(2s);
  test.crash();
  device.says.reset();
  test.restart();
  CHECK(lines(test, "x") == list{"begin", "more", "word yes"});
  CHECK(test.timeline("Word").size() == 1);
}

TEST_CASE("a store that failed ends everything with a clear error, until a restart") {
  disk device;
  host_test test;
  test.add<diarist>().add<all_notes>().disk(device.hook());
  test.append(act("x", "begin", {{Do::BELL, "1"}}));
  test.advance(5s);
  device.says = broken;
  const auto refused = test.try_append({new_event::of(note("a", 1))});
  CHECK(code_of(refused) == errc::storage_failed);
  CHECK_FALSE(is_retryable(refused.error().code));
  CHECK(refused.error().message.find("flush failed") != std::string::npos);

  device.says.reset();  // a good disk now, but nobody may trust this store any more
  const auto asked = device.asked;
  CHECK(code_of(test.try_append({new_event::of(note("a", 2))})) == errc::storage_failed);
  CHECK(test.running().wait_until_caught_up(1s).error().code == errc::storage_failed);
  CHECK(test.running().wait(position{0}, 1s).error().code == errc::storage_failed);
  test.advance(10min);
  CHECK(device.asked == asked);
  CHECK(fired(test).empty());
  CHECK(test.timeline().size() == 2);

  test.crash_and_restart();
  CHECK(lines(test, "x") == list{"begin", "bell 1", "word heard 1"});
  CHECK(test.append(note("a", 3)).value > 0);
  CHECK(test.read<all_notes>()->state.count() == 1);
}

TEST_CASE("a store that fails under a flow's commit ends everything, and the reaction comes once") {
  disk device;
  host_test test;
  test.add<diarist>().disk(device.hook());
  test.append(act("x", "begin"));
  test.advance(5s);
  device.says = broken;
  device.good_commits = 1;
  REQUIRE(test.try_append({new_event::of(act("x", "more", {{Do::SAY, "yes"}}))}));
  CHECK(test.running().wait(position{1}, 1s).error().code == errc::storage_failed);
  CHECK(code_of(test.try_append({new_event::of(act("x", "no"))})) == errc::storage_failed);
  if (GENERATE(false, true)) {
    test.crash();
  } else {
    test.stop();
  }
  device.says.reset();
  test.restart();
  CHECK(lines(test, "x") == list{"begin", "more", "word yes"});
  CHECK(test.timeline("Word").size() == 1);
}

TEST_CASE("calls that wait when the store fails are answered with that") {
  disk device;
  host_test test;
  test.add<diarist>().disk(device.hook());
  test.append(act("x", "begin"));
  test.advance(5s);
  device.says = broken;
  device.good_commits = 1;
  append_condition latest;
  latest.flow_latest = append_condition::latest{flow_key{"Diarist", "x"}, position{0}};
  auto written = test.append_later({new_event::of(act("x", "more", {{Do::SAY, "yes"}}))});
  while (test.running().tail() == position{1}) REQUIRE(test.step());
  auto conditional = test.running().append({new_event::of(act("x", "no"))}, latest);
  CHECK(test.running().wait(position{1}, 1s).error().code == errc::storage_failed);
  CHECK(written.get());
  REQUIRE(conditional.wait_for(duration{0}) == std::future_status::ready);
  CHECK_FALSE(conditional.get());
  CHECK(test.running().retry(flow_key{"Diarist", "x"}).error().code != errc::timed_out);
  CHECK(test.running().read(flow_key{"Diarist", "x"}).error().code == errc::storage_failed);
}
