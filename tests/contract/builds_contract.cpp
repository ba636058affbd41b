// What every store promises about builds of flow types, flows without a birth, and inert timers.
#include <catch2/catch.hpp>

#include "contract/store_subject.hpp"

namespace millrace::contract {
namespace {

constexpr build_number second_build{2};

flow_entry built(std::uint32_t number, std::string key, build_number build) {
  auto made = flow_of(number, std::move(key));
  made.build = build;
  return made;
}

v1::FlowType row_of(std::string name, std::uint32_t build, std::uint64_t routed) {
  v1::FlowType row;
  row.set_name(std::move(name));
  row.set_build(build);
  row.set_routed(routed);
  return row;
}

std::vector<std::uint64_t> places(const std::vector<schedule_entry>& entries) {
  std::vector<std::uint64_t> found;
  for (const auto& entry : entries) found.push_back(entry.at.value);
  return found;
}

}  // namespace

TEST_CASE("builds of one key are flows of their own") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  const flow_key key{"T", "a"};
  subject->commit({.flows = {built(0, "T|a", first_build), built(1, "T|a", second_build)},
                   .checkpoints = {{flow_number{1}, checkpoint_at(4), "newer"}},
                   .postings = {{flow_number{0}, {{{3}, true}}}, {flow_number{1}, {{{4}, true}}}}});
  const store& read = subject->reading();
  const auto older = *read.find_flow(key, first_build);
  const auto newer = *read.find_flow(key, second_build);
  REQUIRE((older && newer));
  CHECK(older->entry.build == first_build);
  CHECK(older->latest == position{3});
  CHECK_FALSE(older->checkpoint.has_position());
  CHECK(newer->entry.build == second_build);
  CHECK(newer->checkpoint.position() == 4);
  CHECK_FALSE(read.find_flow(key, build_number{3})->has_value());
}

TEST_CASE("a listing gives the builds of a key one after the other") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.flows = {built(0, "T|b", second_build), built(1, "T|a", second_build),
                             built(2, "T|b", first_build), built(3, "T", first_build)}});
  for (const std::string_view type : {"T", ""}) {
    std::vector<std::uint32_t> numbers;
    REQUIRE(subject->reading().flows(type, [&](const flow_row& row) {
      numbers.push_back(static_cast<std::uint32_t>(row.entry.number));
      return true;
    }));
    CHECK(numbers == std::vector<std::uint32_t>{3, 1, 2, 0});
  }
}

TEST_CASE("each build of a flow type has a row of its own") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.flow_types = {row_of("T", 2, 5), row_of("T", 1, 9), row_of("S", 3, 1)}});
  subject->commit({.flow_types = {row_of("T", 2, 7)}});
  const auto rows = *subject->reading().flow_types();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].name() == "S");
  CHECK(rows[1].SerializeAsString() == row_of("T", 1, 9).SerializeAsString());
  CHECK(rows[2].SerializeAsString() == row_of("T", 2, 7).SerializeAsString());
}

TEST_CASE("a flow may be known before anything starts it, and be born later") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  auto unborn = flow_of(0, "T|a");
  unborn.born = unplaced;
  subject->commit(
      {.flows = {unborn}, .checkpoints = {{flow_number{0}, checkpoint_at(7), std::nullopt}}});
  CHECK((*subject->reading().find_flow(flow_number{0}))->entry.born == unplaced);
  subject->commit({.flows = {flow_of(0, "T|a", 9), flow_of(1, "T|b", 9)}});
  const auto row = **subject->reading().find_flow(flow_number{0});
  CHECK(row.entry.born == position{9});
  CHECK(row.checkpoint.position() == 7);
  CHECK(*subject->reading().flow_count() == 2);
  subject->commit({.flows = {flow_of(0, "T|a", 9)}});
  CHECK(*subject->reading().flow_count() == 2);
}

TEST_CASE("an inert timer is on the schedule, but not among the active ones until it is made so") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  schedule_entry sleeping{.at = {1}, .due = at_second(1), .type = "Bell", .inert = true};
  schedule_entry waking{.at = {2}, .due = at_second(2), .type = "Bell"};
  subject->commit({.scheduled = {sleeping, waking}});
  const auto read = [&](store::timers which) {
    return places(*subject->reading().schedule(which, std::nullopt, 10));
  };
  CHECK(read(store::timers::all) == std::vector<std::uint64_t>{1, 2});
  CHECK(read(store::timers::active) == std::vector<std::uint64_t>{2});
  CHECK((*subject->reading().scheduled({1}))->inert);
  subject->commit({.activated = {{1}}});
  CHECK(read(store::timers::active) == std::vector<std::uint64_t>{1, 2});
  CHECK_FALSE((*subject->reading().scheduled({1}))->inert);
}

}  // namespace millrace::contract
