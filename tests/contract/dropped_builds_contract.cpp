// What every store promises about builds that are dropped: the row at once, the flows with the
// housekeeping, and no number given twice.
#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "contract/store_subject.hpp"

namespace millrace::contract {
namespace {

constexpr build_number second_build{2};

flow_entry built(std::uint32_t number, std::string key, build_number build) {
  auto made = flow_of(number, std::move(key));
  made.build = build;
  return made;
}

v1::FlowType row_of(std::string name, std::uint32_t build) {
  v1::FlowType row;
  row.set_name(std::move(name));
  row.set_build(build);
  return row;
}

/// `T` in two builds, with everything that a flow has; and types of like names.
commit_batch two_builds() {
  commit_batch made;
  made.flow_types = {row_of("T", 1), row_of("T", 2), row_of("T1", 1)};
  made.flows = {built(0, "T", first_build), built(1, "T|a", first_build),
                built(2, "T|a", second_build), built(3, "T1|a", first_build),
                built(4, "T|b", first_build)};
  for (std::uint32_t flow = 0; flow < 5; ++flow) {
    made.checkpoints.push_back({flow_number{flow}, checkpoint_at(3), "state"});
    made.postings.push_back({flow_number{flow}, {{{3}, true}}});
  }
  return made;
}

void keep_house(store_subject& subject) {
  while (*subject.writing().maintain()) subject.step();
  subject.step();
}

}  // namespace

TEST_CASE("a dropped build leaves nothing, and others keep everything") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_builds());
  subject->commit({.dropped = {{"T", first_build}}});
  REQUIRE(subject->reading().flow_types()->size() == 2);
  keep_house(*subject);
  const store& read = subject->reading();
  CHECK(flow_keys(read, "") == std::vector<std::string>{"T1|a", "T|a"});
  CHECK_FALSE(read.find_flow(flow_key{"T", "a"}, first_build)->has_value());
  CHECK((*read.find_flow(flow_key{"T", "a"}, second_build))->latest == position{3});
  CHECK((*read.load(flow_number{2}))->state == "state");
  CHECK((*read.load(flow_number{3}))->state == "state");
  CHECK(read.postings(flow_number{1}, std::nullopt, 10)->empty());
  CHECK(read.check()->empty());
}

TEST_CASE("the numbers of flows that are gone are not given again") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_builds());
  subject->commit({.dropped = {{"T", first_build}}});
  keep_house(*subject);
  CHECK(*subject->reading().flow_count() == 5);
  subject->commit({.flows = {built(5, "T|c", build_number{3})}});
  CHECK(*subject->reading().flow_count() == 6);
}

TEST_CASE("a large build goes in slices, and a new process goes on with it") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  constexpr auto count = static_cast<std::uint32_t>(limits::drop_slice) + 500;
  commit_batch batch;
  for (std::uint32_t i = 0; i < count; ++i) {
    batch.flows.push_back(built(i, "T|" + std::to_string(i), first_build));
  }
  batch.flows.push_back(built(count, "T|kept", second_build));
  // One of them has more blocks than a slice takes.
  posting_writes::of_flow many{flow_number{7}, {}};
  for (std::uint64_t at = 0; at < 3'000'000; ++at) many.postings.push_back({{at * 200}, true});
  batch.postings.push_back(std::move(many));
  subject->commit(batch);
  subject->commit({.dropped = {{"T", first_build}}});
  keep_house(*subject);
  CHECK(flow_keys(subject->reading(), "") == std::vector<std::string>{"T|kept"});
  CHECK(subject->reading().check()->empty());
}

}  // namespace millrace::contract
