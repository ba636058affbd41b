#include "engine/meter.hpp"

#include <catch2/catch.hpp>
#include <thread>

using namespace millrace;
using namespace std::chrono_literals;

namespace {

constexpr timestamp begun{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};

}  // namespace

TEST_CASE("a batch is counted by its size and by why it was handled") {
  flow_meter meter{begun};
  meter.add(1, flush_cause::dry, begun);
  meter.add(3, flush_cause::full, begun);
  meter.add(4, flush_cause::reading, begun);
  meter.add(7, flush_cause::reading, begun);
  meter.add(1'000'000, flush_cause::aged, begun);
  meter.add(0, flush_cause::aged, begun);
  const auto seen = meter.look(begun);
  CHECK(seen.handled == 1'000'015);
  CHECK(seen.sizes.count == 5);
  CHECK(seen.sizes.p50 == 4);
  CHECK(seen.causes.dry == 1);
  CHECK(seen.causes.full == 1);
  CHECK(seen.causes.reading == 2);
  CHECK(seen.causes.aged == 1);
}

TEST_CASE("the rate is that of the last ten seconds, or since the beginning") {
  flow_meter meter{begun};
  meter.add(100, flush_cause::dry, begun);
  CHECK(meter.look(begun).rate == Approx(100));
  CHECK(meter.look(begun + 4s).rate == Approx(25));
  meter.add(60, flush_cause::dry, begun + 5s);
  CHECK(meter.look(begun + 8s).rate == Approx(20));
  CHECK(meter.look(begun + 12s).rate == Approx(6));
  CHECK(meter.look(begun + 60s).rate == Approx(0));
  meter.add(10, flush_cause::dry, begun + 16s);  // the slot of the first second
  CHECK(meter.look(begun + 17s).rate == Approx(1));
}

TEST_CASE("several threads count into one") {
  flow_meter meter{begun};
  const auto count = [&] {
    for (int i = 0; i < 10'000; ++i) meter.add(2, flush_cause::dry, begun + (i % 3) * 1s);
  };
  std::thread other{count};
  count();
  other.join();
  const auto seen = meter.look(begun + 2s);
  CHECK(seen.handled == 40'000);
  CHECK(seen.sizes.count == 20'000);
}
