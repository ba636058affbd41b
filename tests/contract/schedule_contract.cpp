// What every store promises about the schedule, the cause index and routed positions.
#include <catch2/catch.hpp>

#include "contract/store_subject.hpp"
#include "store/effect_block.hpp"

namespace millrace::contract {

using lines = std::vector<std::string>;

namespace {

schedule_entry timer(std::uint64_t at, std::int64_t due, std::string flow = "") {
  return {{at}, at_second(due), "Due", std::move(flow), std::nullopt};
}

lines places(const std::vector<schedule_entry>& entries) {
  lines texts;
  for (const auto& entry : entries) texts.push_back(std::to_string(entry.at.value));
  return texts;
}

}  // namespace

TEST_CASE("the schedule is in order of due time and then of position") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.scheduled = {timer(0, 50), timer(1, 10), timer(2, 50), timer(3, -5)}});
  const store& read = subject->reading();
  CHECK(places(*read.schedule(store::timers::all, std::nullopt, 10)) == lines{"3", "1", "0", "2"});
  CHECK(places(*read.schedule(store::timers::all, std::nullopt, 2)) == lines{"3", "1"});
  CHECK(places(*read.schedule(store::timers::all, std::pair{at_second(10), position{1}}, 10)) ==
        lines{"0", "2"});
  CHECK(places(*read.schedule(store::timers::all, std::pair{at_second(50), position{0}}, 10)) ==
        lines{"2"});
  CHECK(places(*read.schedule(store::timers::all, std::pair{at_second(11), position{0}},
                              SIZE_MAX)) == lines{"0", "2"});
  CHECK(read.schedule(store::timers::all, std::pair{at_second(50), position{2}}, 10)->empty());
  CHECK(read.schedule(store::timers::all, std::nullopt, 0)->empty());
}

TEST_CASE("an entry is found by its position, whole") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  const schedule_entry entry{{4}, at_second(9), "Overdue", "Reminder|o'1", position{3}};
  subject->commit({.scheduled = {entry, timer(5, 1)}});
  CHECK((*subject->reading().scheduled({4}) == entry));
  CHECK((*subject->reading().scheduled({5}) == timer(5, 1)));
  CHECK_FALSE(subject->reading().scheduled({6})->has_value());
}

TEST_CASE("what fired or was cancelled is gone, also within its own batch") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(
      {.scheduled = {timer(0, 1, "A"), timer(1, 2), timer(2, 3)}, .unscheduled = {{2}}});
  CHECK(places(*subject->reading().schedule(store::timers::all, std::nullopt, 10)) ==
        lines{"0", "1"});
  subject->commit({.unscheduled = {{0}, {77}}});
  CHECK(places(*subject->reading().schedule(store::timers::all, std::nullopt, 10)) == lines{"1"});
  CHECK(subject->reading().timers_of(flow_key{"A"})->empty());
  CHECK_FALSE(subject->reading().scheduled({0})->has_value());
}

TEST_CASE("the timers of a flow are its own, in order of positions") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.scheduled = {timer(0, 9, "A|1"), timer(1, 8, "A|11"), timer(2, 7, "A|1"),
                                 timer(3, 6), timer(4, 5, "A")}});
  const store& read = subject->reading();
  CHECK(places(*read.timers_of(flow_key{"A", "1"})) == lines{"0", "2"});
  CHECK(places(*read.timers_of(flow_key{"A"})) == lines{"4"});
  CHECK(read.timers_of(flow_key{"A", ""})->empty());
  CHECK(read.timers_of(flow_key{})->empty());
}

TEST_CASE("the effects of a cause are found, ascending") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.effects = {{{1}, {2}}, {{1}, {3}}, {{2}, {4}}}, .routed = position{5}});
  // Much later, a timer of the first one fires.
  subject->commit({.effects = {{{1}, {900'000}}, {{899'999}, {900'001}}}, .routed = {{900'002}}});
  const store& read = subject->reading();
  CHECK((*read.effects({1}) == std::vector<position>{{2}, {3}, {900'000}}));
  CHECK((*read.effects({2}) == std::vector<position>{{4}}));
  CHECK((*read.effects({899'999}) == std::vector<position>{{900'001}}));
  CHECK(read.effects({3})->empty());
  CHECK(read.effects({UINT64_MAX})->empty());
  CHECK(*read.routed() == position{900'002});
}

TEST_CASE("a cause is found among any number of effects") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  const std::uint64_t causes = effect_span_causes * 2 + 10;
  for (std::uint64_t part = 0; part < 4; ++part) {
    commit_batch batch;
    for (std::uint64_t cause = part; cause < causes; cause += 4) {
      batch.effects.push_back({{cause}, {cause + 1}});
      batch.effects.push_back({{cause}, {cause + 100'000 + part}});
    }
    subject->commit(batch);
  }
  for (std::uint64_t cause = 0; cause < causes; cause += 101) {
    const std::vector<position> both{{cause + 1}, {cause + 100'000 + cause % 4}};
    CHECK((*subject->reading().effects({cause}) == both));
  }
  CHECK(subject->reading().effects({causes})->empty());
}

TEST_CASE("an event may name a cause that comes after it") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.effects = {{{500'000}, {2}}}});
  CHECK((*subject->reading().effects({500'000}) == std::vector<position>{{2}}));
}

TEST_CASE("a flow type's row is replaced by name") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  v1::FlowType b;
  b.set_name("B");
  b.set_routed(3);
  v1::FlowType a;
  a.set_name("A");
  subject->commit({.flow_types = {b, a}});
  b.set_routed(9);
  b.set_error_position(9);
  subject->commit({.flow_types = {b}});
  const auto types = *subject->reading().flow_types();
  REQUIRE(types.size() == 2);
  CHECK(types[0].name() == "A");
  CHECK(types[1].SerializeAsString() == b.SerializeAsString());
}

TEST_CASE("the routed position stays until the next one") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.routed = position{7}});
  subject->commit({.events = {event_at(0)}});
  CHECK(*subject->reading().routed() == position{7});
}

}  // namespace millrace::contract
