// What every store promises about commits, events and remembered ids.
#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "contract/store_subject.hpp"

namespace millrace::contract {

using lines = std::vector<std::string>;

TEST_CASE("a new store is empty") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  const store& read = subject->reading();
  CHECK(read.tail() == position{0});
  CHECK(scanned(read, 0, UINT64_MAX).empty());
  CHECK(*read.flow_count() == 0);
  CHECK(pending_keys(read).empty());
  CHECK(*read.routed() == position{0});
  CHECK(read.flow_types()->empty());
  CHECK(read.effects({0})->empty());
  CHECK(read.schedule(store::timers::all, std::nullopt, 10)->empty());
  CHECK(read.recent_ids()->empty());
  CHECK_FALSE(read.find_flow(flow_key{"A"}, first_build)->has_value());
  CHECK_FALSE(read.load(flow_number{7})->has_value());
  CHECK(read.postings(flow_number{7}, std::nullopt, 10)->empty());
}

TEST_CASE("a batch says whether it is empty") {
  commit_batch batch;
  CHECK(batch.empty());
  batch.routed = position{0};
  CHECK_FALSE(batch.empty());
}

TEST_CASE("an empty batch commits and changes nothing") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({});
  CHECK(subject->reading().tail() == position{0});
}

TEST_CASE("events come back as they were appended") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  const std::string binary{"a\0b\xff", 4};
  const auto before_epoch = timestamp{std::chrono::microseconds{-1}};
  subject->commit({.events = {{{0}, "One", before_epoch, binary, binary}, event_at(1, "Two")}});
  subject->commit({.events = {event_at(2, "One", "", "e"), event_at(3, "", "p")}});
  const store& read = subject->reading();
  CHECK(read.tail() == position{4});
  CHECK(scanned(read, 0, UINT64_MAX) ==
        lines{text_of({{0}, "One", before_epoch, binary, binary}), text_of(event_at(1, "Two")),
              text_of(event_at(2, "One", "", "e")), text_of(event_at(3, "", "p"))});
}

TEST_CASE("a scan begins at its first position and ends before its last") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.events = {event_at(0), event_at(1), event_at(2), event_at(3)}});
  CHECK(scanned(subject->reading(), 1, 3) == lines{text_of(event_at(1)), text_of(event_at(2))});
  CHECK(scanned(subject->reading(), 3, 3).empty());
  CHECK(scanned(subject->reading(), 4, UINT64_MAX).empty());
}

TEST_CASE("a scan ends when its visitor has enough") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.events = {event_at(0), event_at(1), event_at(2)}});
  int seen = 0;
  CHECK(subject->reading().scan({0}, {3}, [&](const event_row&) { return ++seen < 2; }));
  CHECK(seen == 2);
}

TEST_CASE("a scan goes through more rows than one read of the store takes") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch;
  for (std::uint64_t at = 0; at < 40'000; ++at) batch.events.push_back(event_at(at));
  subject->commit(batch);
  std::uint64_t next = 5;
  CHECK(subject->reading().scan({5}, {39'999}, [&](const event_row& row) {
    REQUIRE(row.at == position{next});
    ++next;
    return true;
  }));
  CHECK(next == 39'999);
}

TEST_CASE("an import keeps its holes") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.events = {event_at(5), event_at(limits::position_max - 1)}});
  const store& read = subject->reading();
  CHECK(read.tail() == position{limits::position_max});
  CHECK(scanned(read, 0, UINT64_MAX).size() == 2);
  CHECK(scanned(read, 6, UINT64_MAX) == lines{text_of(event_at(limits::position_max - 1))});
}

TEST_CASE("fetch gives the rows that are there, in order") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch;
  for (std::uint64_t at = 0; at < 1000; at += 2) batch.events.push_back(event_at(at));
  subject->commit(batch);
  const store& read = subject->reading();
  CHECK(fetched(read, {{0}, {1}, {2}, {3}, {500}, {501}, {502}, {998}, {999}, {5000}}) ==
        lines{text_of(event_at(0)), text_of(event_at(2)), text_of(event_at(500)),
              text_of(event_at(502)), text_of(event_at(998))});
  CHECK(fetched(read, {}).empty());
  CHECK(fetched(read, {{1}}).empty());
}

TEST_CASE("fetch ends when its visitor has enough") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.events = {event_at(0), event_at(1), event_at(2)}});
  const std::vector<position> at{{0}, {1}, {2}};
  int seen = 0;
  CHECK(subject->reading().fetch(at, [&](const event_row&) { return ++seen < 2; }));
  CHECK(seen == 2);
}

TEST_CASE("a visitor may ask the store") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.events = {event_at(0), event_at(1)}, .flows = {flow_of(0, "A")}});
  const store& read = subject->reading();
  int seen = 0;
  CHECK(read.scan({0}, {2}, [&](const event_row& row) {
    CHECK(fetched(read, {row.at}).size() == 1);
    CHECK(read.find_flow(flow_number{0})->has_value());
    return ++seen > 0;
  }));
  CHECK(read.flows("", [&](const flow_row&) { return read.tail() == position{2} && ++seen > 0; }));
  CHECK(seen == 3);
}

TEST_CASE("ids are remembered with their positions, oldest first") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.events = {event_at(0), event_at(1)},
                   .ids = {{"first", {0}, at_second(1)}, {"", {1}, at_second(2)}}});
  subject->commit({.events = {event_at(2)}, .ids = {{"last", {2}, at_second(3)}}});
  const auto ids = *subject->reading().recent_ids();
  REQUIRE(ids.size() == 3);
  CHECK(ids[0].id == "first");
  CHECK(ids[1].id.empty());
  CHECK(ids[2].at == position{2});
  CHECK(ids[2].time == at_second(3));
}

TEST_CASE("an id older than the window is forgotten when a newer one comes") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  const auto day = std::chrono::duration_cast<std::chrono::seconds>(limits::id_window_age).count();
  subject->commit({.events = {event_at(0), event_at(1)},
                   .ids = {{"old", {0}, at_second(0)}, {"kept", {1}, at_second(1)}}});
  CHECK(subject->reading().recent_ids()->size() == 2);
  subject->commit({.events = {event_at(2)}, .ids = {{"new", {2}, at_second(day + 1)}}});
  const auto ids = *subject->reading().recent_ids();
  REQUIRE(ids.size() == 2);
  CHECK(ids[0].id == "kept");
}

TEST_CASE("ids beyond the count of the window are forgotten, oldest first") {
  const auto subject =
      make_store(GENERATE(store_kind::memory, store_kind::sqlite, store_kind::sqlite_killed));
  commit_batch batch;
  for (std::uint64_t at = 0; at < limits::id_window_count; ++at) {
    batch.events.push_back(event_at(at));
    batch.ids.push_back({std::to_string(at), {at}, at_second(0)});
  }
  subject->commit(batch);
  CHECK(subject->reading().recent_ids()->size() == limits::id_window_count);
  const std::uint64_t next = limits::id_window_count;
  subject->commit({.events = {event_at(next)}, .ids = {{"new", {next}, at_second(0)}}});
  const auto ids = *subject->reading().recent_ids();
  CHECK(ids.size() == limits::id_window_count);
  CHECK(ids.front().id == "1");
  CHECK(ids.back().id == "new");
}

TEST_CASE("reads are counted") {
  const auto subject = make_store(GENERATE(store_kind::memory, store_kind::sqlite));
  subject->commit({.events = {event_at(0), event_at(1), event_at(2)},
                   .flows = {flow_of(0, "A"), flow_of(1, "B")},
                   .checkpoints = {{flow_number{1}, checkpoint_at(2), "s"}},
                   .postings = {{flow_number{0}, {{{0}, true}, {{1}, false}, {{2}, false}}},
                                {flow_number{1}, {{{2}, true}}}}});
  const store& read = subject->reading();
  CHECK(read.reads().events == 0);
  (void)scanned(read, 1, 3);
  (void)fetched(read, {{0}, {7}});
  CHECK(read.reads().events == 3);
  (void)read.postings(flow_number{0}, position{0}, 10);
  CHECK(read.reads().postings == 2);
  CHECK(pending_keys(read) == lines{"A"});
  CHECK(read.reads().flows == 1);
  (void)read.load(flow_number{1});
  (void)read.find_flow(flow_key{"B"}, first_build);
  (void)read.find_flow(flow_key{"C"}, first_build);
  CHECK(read.reads().flows == 3);
}

TEST_CASE("a store that was closed takes no commits and is still read") {
  const auto subject = make_store(GENERATE(store_kind::memory, store_kind::sqlite));
  subject->commit({.events = {event_at(0)}});
  REQUIRE(subject->writing().close());
  const auto refused = subject->writing().commit({.events = {event_at(1)}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::closed);
  CHECK(scanned(subject->reading(), 0, UINT64_MAX).size() == 1);
}

}  // namespace millrace::contract
