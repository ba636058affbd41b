// Many stopped flows are let go on at once.
#include <catch2/catch.hpp>

#include <algorithm>

#include "support/notes.hpp"

using namespace millrace;
using shop::fragile;
using shop::note;

namespace {

struct broken_shop {
  bool broken = true;
  host_test test;

  explicit broken_shop(std::int64_t flows) {
    test.add<fragile>({}, std::int64_t{3}, &broken);
    std::vector<new_event> events;
    for (std::int64_t i = 0; i < flows; ++i) {
      events.push_back(new_event::of(note("flow" + std::to_string(i), 3)));
    }
    REQUIRE(test.try_append(std::move(events)));
  }
  std::size_t stopped() {
    const auto all = test.flows();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const auto& one) {
      return one.status == flow_status::stopped;
    }));
  }
};

}  // namespace

TEST_CASE("retry of all tries every stopped flow again") {
  broken_shop shop{5000};
  REQUIRE(shop.stopped() == 5000);
  shop.broken = false;
  const auto count = shop.test.running().retry_all();
  REQUIRE(count);
  CHECK(*count == 5000);
  shop.test.run();
  CHECK(shop.stopped() == 0);
  CHECK(*shop.test.running().retry_all() == 0);
}

TEST_CASE("retry of all can be limited to a type, and to an error") {
  broken_shop shop{3};
  shop.broken = false;
  CHECK(*shop.test.running().retry_all({.type = "Fragile", .error = "another"}) == 0);
  CHECK(*shop.test.running().retry_all({.type = {}, .error = "digest flow1"}) == 1);
  CHECK(*shop.test.running().retry_all({.type = "Fragile", .error = "cannot digest"}) == 2);
  shop.test.run();
  CHECK(shop.stopped() == 0);
}

TEST_CASE("what was not mended stops again, and is counted as tried") {
  broken_shop shop{4};
  CHECK(*shop.test.running().retry_all() == 4);
  shop.test.run();
  CHECK(shop.stopped() == 4);
}

TEST_CASE("retry of all flows of a type that is not there is an error") {
  broken_shop shop{1};
  const auto count = shop.test.running().retry_all({.type = "Nope", .error = {}});
  REQUIRE_FALSE(count);
  CHECK(count.error().code == errc::not_found);
  CHECK(count.error().message == "there is no flow type Nope");
}
