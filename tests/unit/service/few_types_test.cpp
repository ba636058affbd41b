#include "service/few_types.hpp"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "base/service_limits.hpp"

using namespace millrace;
using namespace millrace::service;

namespace {

flow_statistics type_named(std::string name, std::uint64_t flows, std::uint64_t oldest) {
  flow_statistics made;
  made.name = std::move(name);
  made.flows = made.pending = flows;
  made.lag = 2 * flows;
  made.oldest = position{oldest};
  made.oldest_time = timestamp{duration{oldest}};
  return made;
}

}  // namespace

TEST_CASE("types that no program has are shown up to a bound, and beyond it as one") {
  const known_types known{{}};
  constexpr auto most = limits::other_types_max;
  std::vector<flow_statistics> types;
  for (std::size_t i = 0; i < most; ++i)
    types.push_back(type_named(fmt::format("T{:04}", i), 1, 9));
  const auto before = types.size();
  keep_few(types, known);
  CHECK(types.size() == before);

  types.push_back(type_named("U", 3, 7));
  types.push_back(type_named("V", 4, 5));
  types.push_back(type_named("W", 5, 6));
  keep_few(types, known);
  REQUIRE(types.size() == most + 1);
  CHECK(types.front().name == "T0000");
  const auto& rest = types.back();
  CHECK(rest.name == other_types);
  CHECK(rest.flows == 12);
  CHECK(rest.lag == 24);
  CHECK(rest.oldest == position{5});
  CHECK(rest.oldest_time == timestamp{duration{5}});
}

TEST_CASE("a type with the name of the rest is part of it") {
  const known_types known{{}};
  std::vector<flow_statistics> types{type_named(other_types, 2, 3)};
  for (std::size_t i = 0; i < limits::other_types_max; ++i) {
    types.push_back(type_named(fmt::format("T{:04}", i), 1, 9));
  }
  keep_few(types, known);
  REQUIRE(types.size() == limits::other_types_max + 1);
  CHECK(types.back().name == other_types);
  CHECK(types.back().flows == 2);
}
