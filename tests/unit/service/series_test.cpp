#include <catch2/catch.hpp>

#include <random>

#include "base/service_limits.hpp"
#include "service/series_index.hpp"
#include "service/series_time.hpp"
#include "store/memory_store.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::service;
using namespace std::chrono_literals;

namespace {

timestamp at_second(std::int64_t second) { return timestamp{std::chrono::seconds{second}}; }

/// Appends events with these recorded times, at every third position.
void append(memory_store& to, const std::vector<std::int64_t>& seconds) {
  commit_batch batch;
  auto next = (to.tail().value + 2) / 3 * 3;
  for (const auto each : seconds) {
    batch.events.push_back({position{next}, "T", at_second(each), {}, {}});
    next += 3;
  }
  REQUIRE(to.commit(batch));
}

struct read_index {
  explicit read_index(const memory_store& from) : index(from) { REQUIRE(index.catch_up(1min)); }
  series_index index;
};

}  // namespace

TEST_CASE("a time is found where an event first reaches it, whatever clocks did before and after") {
  memory_store stored;
  append(stored, {10, 20, 5, 20, 15, 30, 12});
  const read_index of{stored};
  const auto place = of.index.find(at_second(20));
  REQUIRE(place);
  CHECK(place->at == position{3});
  CHECK(place->time == at_second(20));
  CHECK(place->before == at_second(10));
  CHECK(of.index.find(at_second(11))->at == position{3});
  CHECK(of.index.find(at_second(21))->at == position{15});
  CHECK(of.index.find(at_second(21))->before == at_second(20));
  CHECK_FALSE(of.index.find(at_second(0))->before);
  const auto none = of.index.find(at_second(31));
  CHECK(none->at == stored.tail());
  CHECK_FALSE(none->time);
  CHECK(none->before == at_second(30));
}

TEST_CASE("a timeline without events has no times") {
  memory_store stored;
  const read_index of{stored};
  CHECK_FALSE(of.index.newest());
  CHECK(of.index.find(at_second(1))->at == position{0});
}

TEST_CASE("over many blocks the index finds what a scan finds, and reads on from where it was") {
  const std::uint64_t seed = GENERATE(1, 2, 3);
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  memory_store stored;
  series_index index{stored};
  std::vector<std::int64_t> seconds;
  std::int64_t now = 0;
  for (int part = 0; part < 4; ++part) {
    std::vector<std::int64_t> more;
    for (std::size_t i = 0; i < limits::series_block_events * 3 / 2; ++i) {
      now += static_cast<std::int64_t>(random() % 3);
      more.push_back(now - static_cast<std::int64_t>(random() % 50));
    }
    append(stored, more);
    seconds.insert(seconds.end(), more.begin(), more.end());
    REQUIRE(index.catch_up(1min));
  }
  for (int look = 0; look < 200; ++look) {
    const auto wanted = static_cast<std::int64_t>(random() % (seconds.size() + 20));
    std::size_t first = 0;
    while (first < seconds.size() && seconds[first] < wanted) ++first;
    const auto place = index.find(at_second(wanted));
    REQUIRE(place);
    const bool is_there = first < seconds.size();
    CHECK(place->at == (is_there ? position{3 * first} : stored.tail()));
    CHECK(place->time.has_value() == is_there);
  }
}

TEST_CASE("an index that was kept reads its last blocks alone after a start, and finds the same") {
  const temporary_directory directory;
  const auto file = directory.path() / "series";
  memory_store stored;
  std::vector<std::int64_t> seconds;
  for (std::size_t i = 0; i < limits::series_block_events * 9 / 2; ++i) {
    seconds.push_back(static_cast<std::int64_t>(i) - static_cast<std::int64_t>(i % 7));
  }
  append(stored, seconds);
  series_index first{stored, file};
  REQUIRE(first.catch_up(1min));
  first.save();
  series_index again{stored, file};
  REQUIRE(again.catch_up(1min));
  CHECK(again.rows_read() == limits::series_block_events / 2);
  CHECK(again.newest() == first.newest());
  for (std::int64_t wanted = -1; wanted < 5000; wanted += 97) {
    CHECK(again.find(at_second(wanted))->at == first.find(at_second(wanted))->at);
  }
}

TEST_CASE("commits tell an index that has read all before them, and nothing is read for that") {
  memory_store stored;
  append(stored, {10, 20});
  read_index of{stored};
  commit_batch batch;
  batch.events.push_back({stored.tail(), "T", at_second(30), {}, {}});
  const auto read = of.index.rows_read();
  REQUIRE(stored.commit(batch));
  of.index.note(batch);
  REQUIRE(of.index.catch_up(1min));
  CHECK(of.index.newest() == at_second(30));
  CHECK(of.index.rows_read() == read);
}

TEST_CASE("to an index that is told every commit what lies between two of them is a hole") {
  memory_store stored;
  append(stored, {10, 20});
  read_index of{stored};
  const auto commit_at = [&](std::uint64_t at) {
    commit_batch batch;
    batch.events.push_back({position{at}, "T", at_second(static_cast<std::int64_t>(at)), {}, {}});
    REQUIRE(stored.commit(batch));
    of.index.note(batch);
  };
  const auto read = of.index.rows_read();
  commit_at(100);  // something may have come before it
  CHECK(of.index.newest() == at_second(20));
  REQUIRE(of.index.catch_up(1min));
  CHECK(of.index.rows_read() == read + 1);
  of.index.follow();
  commit_at(200);
  commit_at(300);
  CHECK(of.index.newest() == at_second(300));
  REQUIRE(of.index.catch_up(1min));
  CHECK(of.index.rows_read() == read + 1);
}

TEST_CASE("a file that is damaged, or came with another timeline, is not believed") {
  const temporary_directory directory;
  const auto file = directory.path() / "series";
  const auto count = limits::series_block_events * 3 + 1;
  memory_store stored;
  append(stored, std::vector<std::int64_t>(count, 7));
  {
    series_index first{stored, file};
    REQUIRE(first.catch_up(1min));
    first.save();
  }
  const bool torn = GENERATE(true, false);
  memory_store other;
  append(other, std::vector<std::int64_t>(count, 8));
  if (torn) std::filesystem::resize_file(file, std::filesystem::file_size(file) - 30);
  series_index of{torn ? stored : other, file};
  REQUIRE(of.catch_up(1min));
  CHECK(of.newest() == at_second(torn ? 7 : 8));
  CHECK(of.rows_read() >= (torn ? limits::series_block_events : count));
  of.save();
  series_index mended{torn ? stored : other, file};
  REQUIRE(mended.catch_up(1min));
  CHECK(mended.rows_read() == 1);
}

TEST_CASE("reading that takes too long is gone on with later") {
  memory_store stored;
  append(stored, std::vector<std::int64_t>(5 * limits::series_block_events, 7));
  series_index index{stored};
  int calls = 1;
  while (true) {
    const auto read = index.catch_up(0s);
    if (read) break;
    CHECK(read.error().code == errc::overloaded);
    REQUIRE(++calls < 10);
  }
  CHECK(calls > 1);
  CHECK(index.newest() == at_second(7));
}

TEST_CASE("a time of a series is written in UTC, to ten seconds") {
  const auto time = parse_series_time("2014_09_29_23_59_10");
  REQUIRE(time);
  CHECK(name_of(*time) == "2014_09_29_23_59_10");
  CHECK(name_of(chunk_of(timestamp{*time} + 9'999'999us)) == "2014_09_29_23_59_10");
  CHECK(name_of(chunk_of(timestamp{*time} - 1us)) == "2014_09_29_23_59_00");
  CHECK(name_of(chunk_of(at_second(-1))) == "1969_12_31_23_59_50");
  for (const auto* wrong :
       {"2014_09_29_23_59_11", "2014_02_30_00_00_00", "2014_09_29_24_00_00", "2014-09-29_23_59_10",
        "2014_09_29_23_59_1", "", "+014_09_29_23_59_10", "2014_09_29_23_59_60"}) {
    CHECK_FALSE(parse_series_time(wrong));
  }
}
