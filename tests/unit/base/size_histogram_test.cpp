#include "base/size_histogram.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "base/limits.hpp"

using namespace millrace;

namespace {

/// That size is half of all batches, and the larger ones are the other half.
std::uint64_t half_of(std::uint64_t size) {
  size_histogram made;
  made.add(size);
  made.add(limits::inbox_events_max);
  return made.look().p50;
}

}  // namespace

TEST_CASE("a histogram without batches has no percentiles") {
  size_histogram made;
  made.add(0);
  CHECK(made.look() == batch_sizes{});
}

TEST_CASE("batches of one event are counted as such") {
  size_histogram made;
  for (int i = 0; i < 100; ++i) made.add(1);
  CHECK(made.look() == batch_sizes{.count = 100, .p50 = 1, .p95 = 1, .p99 = 1});
}

TEST_CASE("small sizes are known exactly, larger ones to a tenth") {
  for (std::uint64_t size = 1; size <= 11; ++size) CHECK(half_of(size) == size);
  for (std::uint64_t size = 12; size < limits::inbox_events_max; size += size / 7) {
    const auto seen = half_of(size);
    CAPTURE(size, seen);
    CHECK(seen >= size);
    CHECK(static_cast<double>(seen) <= 1.1 * static_cast<double>(size));
  }
}

TEST_CASE("percentiles are those of the batches, of one event too") {
  size_histogram made;
  for (int i = 0; i < 50; ++i) made.add(1);
  for (int i = 0; i < 45; ++i) made.add(5);
  for (int i = 0; i < 4; ++i) made.add(9);
  made.add(1'000'000);
  const auto seen = made.look();
  CHECK(seen.count == 100);
  CHECK(seen.p50 == 1);
  CHECK(seen.p95 == 5);
  CHECK(seen.p99 == 9);
  made.add(2);
  CHECK(made.look().p50 == 2);
}

TEST_CASE("histograms add up") {
  size_histogram one, other, none;
  one.add(1);
  one.add(3);
  other.add(7);
  other.add(7);
  one.add(other);
  one.add(none);
  none.add(one);
  CHECK(one.look() == batch_sizes{.count = 4, .p50 = 3, .p95 = 7, .p99 = 7});
  CHECK(none.look() == one.look());
  CHECK(other.look().count == 2);
}

TEST_CASE("a size that was counted more often than a byte holds is not lost") {
  size_histogram made;
  for (int i = 0; i < 70'000; ++i) made.add(2);
  CHECK(made.look() == batch_sizes{.count = 70'000, .p50 = 2, .p95 = 2, .p99 = 2});
}

TEST_CASE("several threads count sizes into one histogram") {
  size_histogram made;
  const auto count = [&] {
    for (std::uint64_t i = 0; i < 10'000; ++i) made.add(1 + i % 3);
  };
  std::thread other{count};
  count();
  other.join();
  CHECK(made.look().count == 20'000);
}
