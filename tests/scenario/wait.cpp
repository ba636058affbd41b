// wait(position): until every flow that the event was routed to has handled it.
#include <catch2/catch.hpp>

#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

struct three_flows {
  bool broken = true;
  host_test test;

  explicit three_flows(error_policy policy = stop_on_error()) {
    test.add<fragile>({.on_error = policy}, std::int64_t{3}, &broken);
    test.add<notes>().add<all_notes>();
  }
  result<void> wait(position at) { return test.running().wait(at, 1s); }
};

}  // namespace

TEST_CASE("wait ends when every flow that the event went to has handled it") {
  three_flows shop;
  auto later = shop.test.append_later({new_event::of(note("a", 1)), new_event::of(note("b", 2))});
  shop.test.run();
  REQUIRE(shop.wait(position{1}));
  CHECK(shop.test.read<fragile>("b")->state.count() == 1);
  CHECK(shop.wait(position{0}));
  shop.test.crash_and_restart();
  CHECK(shop.wait(position{0}));
}

TEST_CASE("wait for a position that is not written yet is not_found") {
  three_flows shop;
  CHECK(shop.wait(position{0}).error().code == errc::not_found);
  shop.test.append(note("a", 1));
  CHECK(shop.wait(position{1}).error().code == errc::not_found);
}

TEST_CASE("wait ends with an error when a flow that the event went to is stopped, and names it") {
  three_flows shop;
  shop.test.append(note("a", 3));
  const auto behind = shop.test.append(note("a", 4));
  const auto other = shop.test.append(note("b", 5));
  const bool restarted = GENERATE(false, true);
  if (restarted) shop.test.crash_and_restart();
  const auto stopped = shop.wait(behind);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == errc::stopped);
  CHECK(stopped.error().message.find("Fragile|a") != std::string::npos);
  CHECK(shop.wait(position{0}).error().code == errc::stopped);
  CHECK(shop.wait(other));  // concerns nobody who is stopped

  shop.broken = false;
  REQUIRE(shop.test.running().retry(flow_key{"Fragile", "a"}));
  CHECK(shop.wait(behind));
}

TEST_CASE("wait times out while a flow tries a failed event again") {
  three_flows shop{retry_then_stop(1).with_backoff(1min)};
  const auto bad = shop.test.append(note("a", 3));
  CHECK(shop.wait(bad).error().code == errc::timed_out);
  shop.broken = false;
  shop.test.advance(2min);
  CHECK(shop.wait(bad));
}

TEST_CASE("wait for an event that went to nobody ends at once") {
  three_flows shop;
  auto nowhere = new_event::of(note("a", 3));
  nowhere.routes = explicit_routes{};
  CHECK(shop.wait(shop.test.append(std::move(nowhere))));
}
