// What every store promises of flows that come with their inboxes.
#include <catch2/catch.hpp>

#include "contract/store_subject.hpp"

namespace millrace::contract {

namespace {

constexpr flow_number first{0};
constexpr flow_number second{1};

std::vector<posting> many_postings(std::uint64_t begin, std::size_t count) {
  std::vector<posting> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back({position{begin + i * 1000}, i % 3 == 0});
  return made;
}

flow_row found(const store& read, flow_number flow) {
  const auto row = read.find_flow(flow);
  REQUIRE(row);
  REQUIRE(row->has_value());
  return **row;
}

void require_inbox(const store& read, flow_number flow, const std::vector<posting>& wanted) {
  const auto inbox = read.inbox(flow);
  REQUIRE(inbox);
  CHECK(inbox->damage.empty());
  CHECK(inbox->postings.to_vector() == wanted);
  CHECK(*read.postings(flow, std::nullopt, wanted.size() + 1) == wanted);
  const auto row = found(read, flow);
  CHECK(row.postings == wanted.size());
  CHECK(row.latest == wanted.back().at);
}

}  // namespace

TEST_CASE("a flow that is new may come with its inbox, of any size, and it grows as others do") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  auto long_one = many_postings(3, 3'000);
  subject->commit({.flows = {flow_of(0, "A|1", 3), flow_of(1, "B", 4)},
                   .postings = {{second, {{position{4}, true}}}, {first, long_one}}});
  const store& read = subject->reading();
  require_inbox(read, first, long_one);
  require_inbox(read, second, {{position{4}, true}});
  CHECK(found(read, first).entry.born == position{3});
  CHECK(pending_keys(read) == std::vector<std::string>{"A|1", "B"});

  const auto later = many_postings(10'000'000, 1'500);
  long_one.insert(long_one.end(), later.begin(), later.end());
  subject->commit({.flows = {flow_of(2, "C", 5)},
                   .postings = {{first, later}, {flow_number{2}, {{position{5}, true}}}}});
  require_inbox(subject->reading(), first, long_one);
  require_inbox(subject->reading(), flow_number{2}, {{position{5}, true}});
}

TEST_CASE(
    "of an entry that stands twice in a batch the last one counts, and its inbox is there once") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.flows = {flow_of(0, "A", 3), flow_of(0, "A", 2)},
                   .postings = {{first, {{position{3}, true}}}}});
  require_inbox(subject->reading(), first, {{position{3}, true}});
  CHECK(found(subject->reading(), first).entry.born == position{2});
}

TEST_CASE("a new flow may come with both its checkpoint and its inbox") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.flows = {flow_of(0, "A", 3), flow_of(1, "B", 4)},
                   .checkpoints = {{first, checkpoint_at(5), "state"}},
                   .postings = {{first, {{position{3}, true}, {position{7}, false}}},
                                {second, {{position{4}, true}}}}});
  const store& read = subject->reading();
  require_inbox(read, first, {{position{3}, true}, {position{7}, false}});
  CHECK(found(read, first).checkpoint.position() == 5);
  CHECK((*read.load(first))->state == "state");
  CHECK(pending_keys(read) == std::vector<std::string>{"A", "B"});
}

}  // namespace millrace::contract
