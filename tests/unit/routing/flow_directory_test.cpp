#include "routing/flow_directory.hpp"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <set>
#include <string>

#include "unit/routing/colliding_ids.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

flow_entry entry_of(const std::string& id, std::uint32_t number) {
  return {flow_number{number}, flow_key{"T", id}, position{number}, first_build};
}

const auto seed = flow_directory::seed_of("T", first_build);

routed_flow* look_up(const flow_directory& in, const std::string& id) {
  const key_parts key{"T", id, true};
  return in.find(key, first_build, in.hash_of(seed, key));
}

}  // namespace

TEST_CASE("ids that were made to have one hash are found by a secret one") {
  const auto ids = colliding_ids(1000);
  for (const auto& id : ids) REQUIRE(hash_of(id) == hash_of(ids.front()));
  flow_directory flows;
  std::uint32_t number = 0;
  while (number < ids.size() && !flows.is_piled_up()) {
    flows.add(entry_of(ids[number], number));
    ++number;
  }
  CHECK(number < 20);
  flows.hash_secretly();
  for (; number < ids.size(); ++number) flows.add(entry_of(ids[number], number));
  CHECK_FALSE(flows.is_piled_up());
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    const auto* found = look_up(flows, ids[i]);
    REQUIRE(found);
    CHECK(found->entry.number == flow_number{i});
  }
  flows.erase(*look_up(flows, ids[7]));
  CHECK(look_up(flows, ids[7]) == nullptr);
  CHECK(look_up(flows, ids[8]) != nullptr);
}

TEST_CASE("ids of one hash that differ in one byte are told apart, whatever their length") {
  constexpr std::size_t longest = 20;
  for (std::size_t size = 1; size <= longest; ++size) {
    flow_directory flows;
    const std::string id(size, 'x');
    flows.add(entry_of(id, 0));
    const auto hash = flows.hash_of(seed, {"T", id, true});
    CHECK(flows.find({"T", id, true}, first_build, hash) != nullptr);
    CHECK(flows.find({"T", id + 'x', true}, first_build, hash) == nullptr);
    CHECK(flows.find({"U", id, true}, first_build, hash) == nullptr);
    for (std::size_t place = 0; place < size; ++place) {
      auto other = id;
      other[place] = 'y';
      INFO(other);
      CHECK(flows.find({"T", other, true}, first_build, hash) == nullptr);
    }
  }
}

TEST_CASE("types that were made to have one hash are told apart by a secret one") {
  flow_directory flows;
  std::set<std::uint64_t> hashes;
  const auto types = colliding_ids(100);
  for (const bool is_secret : {false, true}) {
    if (is_secret) flows.hash_secretly();
    hashes.clear();
    for (const auto& type : types) {
      const auto of_type = flow_directory::seed_of(type, first_build);
      hashes.insert(flows.hash_of(of_type, {type, "a", true}));
      hashes.insert(flows.hash_of(of_type, {type, {}, false}));
    }
    CHECK(hashes.size() == (is_secret ? 200 : 2));
  }
}

TEST_CASE("ids that want the same places pile up") {
  constexpr std::uint64_t places = 1024;
  flow_directory flows;
  for (std::uint32_t i = 0; flows.size() < 300; ++i) {
    const auto id = std::to_string(i);
    if (flows.hash_of(seed, {"T", id, true}) % places == 0) flows.add(entry_of(id, i));
  }
  CHECK(flows.is_piled_up());
  flows.hash_secretly();
  CHECK_FALSE(flows.is_piled_up());
}

TEST_CASE("ids that were not made for it do not pile up, nor do builds") {
  flow_directory flows;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    auto one = entry_of(fmt::format("order-{}", i / 4), i);
    one.build = build_number{1 + i % 4};
    flows.add(std::move(one));
  }
  CHECK_FALSE(flows.is_piled_up());
}
