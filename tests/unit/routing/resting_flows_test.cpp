#include "routing/resting_flows.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <string>

using namespace millrace;

namespace {

known_flow flow_of(std::uint32_t number, bool was_routed_to = true) {
  known_flow made{flow_number{number}, position{number * 3ull}, std::nullopt};
  if (was_routed_to) made.latest = position{number * 5ull};
  return made;
}

}  // namespace

TEST_CASE("a flow that rests is taken once, with all that was known of it") {
  resting_flows all;
  const auto mark = all.mark_of({"T|a", first_build});
  all.put(mark, flow_of(7));
  const auto found = all.take(mark);
  REQUIRE(found);
  CHECK(found->number == flow_number{7});
  CHECK(found->born == position{21});
  CHECK(found->latest == position{35});
  CHECK_FALSE(all.take(mark));
  CHECK(all.size() == 0);
}

TEST_CASE("a flow to which nothing was routed, and that nothing started, rests as it is") {
  resting_flows all;
  const auto mark = all.mark_of({"T|a", first_build});
  all.put(mark, {flow_number{0}, unplaced, std::nullopt});
  const auto found = all.take(mark);
  REQUIRE(found);
  CHECK(found->born == unplaced);
  CHECK_FALSE(found->latest);
}

TEST_CASE("builds of one key are different flows") {
  resting_flows all;
  all.put(all.mark_of({"T|a", build_number{1}}), flow_of(1));
  CHECK_FALSE(all.take(all.mark_of({"T|a", build_number{2}})));
  CHECK(all.take(all.mark_of({"T|a", build_number{1}})));
}

TEST_CASE("thousands come and go, and each is found as it was put") {
  std::mt19937 random{20261127};
  resting_flows all;
  std::map<std::string, std::uint32_t> expected;
  for (int i = 0; i < 30'000; ++i) {
    const auto key = "T|" + std::to_string(random() % 4000);
    const auto mark = all.mark_of({key, first_build});
    const auto known = expected.find(key);
    const auto found = all.take(mark);
    REQUIRE(found.has_value() == (known != expected.end()));
    if (found) REQUIRE(found->number == flow_number{known->second});
    const auto number = static_cast<std::uint32_t>(i);
    if (random() % 3 == 0) {
      expected.erase(key);
    } else {
      all.put(mark, flow_of(number));
      expected[key] = number;
    }
    REQUIRE(all.size() == expected.size());
  }
  all.clear();
  CHECK(all.size() == 0);
  CHECK_FALSE(all.take(all.mark_of({expected.begin()->first, first_build})));
}
