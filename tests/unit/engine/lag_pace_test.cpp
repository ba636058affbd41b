#include "engine/lag_pace.hpp"

#include <catch2/catch.hpp>

using namespace millrace;
using namespace std::chrono_literals;

namespace {

/// Windows that are sent to flows, which hold them until they are done.
struct sender {
  lag_pace pace{65'536};
  std::shared_ptr<window_budget> budget = std::make_shared<window_budget>(1u << 20);
  timestamp now{};

  std::vector<std::shared_ptr<const window_lease>> send(std::size_t flows) {
    const auto empty = std::make_shared<const window>();
    const auto lease = std::make_shared<const window_lease>(
        window_lease::content{empty, std::make_shared<entry_list>()}, budget);
    pace.sent(lease, flows, false, now, now);
    return std::vector<std::shared_ptr<const window_lease>>(flows, lease);
  }
};

}  // namespace

TEST_CASE("windows of a type that lags grow while its flows are quick with them") {
  sender all;
  const auto begun = all.pace.next(all.now);
  for (int i = 0; i < 20; ++i) {
    all.send(1000).clear();
    all.now += 10ms;
    CHECK(all.pace.next(all.now) > 0);
  }
  CHECK(all.pace.next(all.now) > begun);
  CHECK(all.pace.next(all.now) == 65'536);
}

TEST_CASE("windows of a type that lags shrink while they take its flows long") {
  sender all;
  const auto begun = all.pace.next(all.now);
  for (int i = 0; i < 20; ++i) {
    auto held = all.send(1000);
    for (int look = 0; look < 10; ++look) {
      all.now += 20ms;
      CHECK(all.pace.next(all.now) > 0);
    }
    held.clear();
    CHECK(all.pace.next(all.now) > 0);
  }
  CHECK(all.pace.next(all.now) < begun);
}

TEST_CASE("two windows are under way, and the next waits until most flows are done with one") {
  sender all;
  auto one = all.send(100);
  CHECK(all.pace.next(all.now) > 0);
  const auto two = all.send(100);
  CHECK(all.pace.next(all.now) == 0);
  one.resize(13);
  CHECK(all.pace.next(all.now) == 0);
  one.resize(12);
  CHECK(all.pace.next(all.now) > 0);
}

TEST_CASE(
    "a few slow flows hold up a type that lags for a while only, and do not shrink its windows") {
  sender all;
  auto one = all.send(100), two = all.send(100);
  const auto before = 4096u;
  one.resize(30);
  two.resize(30);
  CHECK(all.pace.next(all.now) == 0);
  all.now += limits::window_hold_max + 1ms;
  CHECK(all.pace.next(all.now) == before);
}

TEST_CASE("a window for a few flows is not waited for") {
  sender all;
  const auto one = all.send(3), two = all.send(3), three = all.send(3);
  CHECK(all.pace.next(all.now) > 0);
}

TEST_CASE("windows of a type that lags shrink while it takes long to route them") {
  lag_pace pace{65'536};
  const auto begun = pace.next({});
  pace.sent({}, 3, false, timestamp{}, timestamp{1s});
  CHECK(pace.next(timestamp{1s}) < begun);
}

TEST_CASE("a window that was over long before anybody looked does not count as slow") {
  sender all;
  const auto begun = all.pace.next(all.now);
  all.send(1000).clear();
  all.now += 10s;
  CHECK(all.pace.next(all.now) == begun);
}
