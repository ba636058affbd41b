// What every store promises about the figures of a flow: counts that are not read one by one.
#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "contract/store_subject.hpp"

namespace millrace::contract {

namespace {

constexpr flow_number first{0};

commit_batch two_flows() { return {.flows = {flow_of(0, "A|1", 3), flow_of(1, "B", 4)}}; }

}  // namespace

TEST_CASE("postings are counted after a place, up to another") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  std::vector<position> all;
  for (std::uint64_t part = 0; part < 3; ++part) {
    posting_writes::of_flow write{first, {}};
    for (std::uint64_t i = 0; i < 700; ++i) {
      write.postings.push_back({{part * 1'000'000 + i * i}, i % 7 == 0});
      all.push_back(write.postings.back().at);
    }
    subject->commit({.postings = {write}});
  }
  const store& read = subject->reading();
  const auto before = read.reads();
  const position last = all.back();
  CHECK(*read.count_postings(first, std::nullopt, last) == all.size());
  CHECK(*read.count_postings(first, std::nullopt, {limits::position_max}) == all.size());
  CHECK(*read.count_postings(first, last, {limits::position_max}) == 0);
  CHECK(*read.count_postings(first, position{0}, {0}) == 0);
  CHECK(*read.count_postings(first, std::nullopt, {0}) == 1);
  for (std::size_t from = 1; from < all.size(); from += 97) {
    for (std::size_t to = from; to < all.size(); to += 311) {
      CHECK(*read.count_postings(first, all[from], all[to]) == to - from);
      CHECK(*read.count_postings(first, position{all[from].value - 1}, all[to]) == to - from + 1);
    }
  }
  CHECK(*read.count_postings(flow_number{1}, std::nullopt, last) == 0);
  CHECK(*read.count_postings(flow_number{9}, std::nullopt, last) == 0);
  CHECK(read.reads().postings == before.postings);
  CHECK(read.reads().flows == before.flows);
}

TEST_CASE("the size of a state is that of the newest one") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  CHECK(*subject->reading().state_size(first) == 0);
  subject->commit({.checkpoints = {{first, checkpoint_at(5), std::string(5000, 'x')}}});
  CHECK(*subject->reading().state_size(first) == 5000);
  subject->commit({.checkpoints = {{first, checkpoint_at(6), std::nullopt}}});
  CHECK(*subject->reading().state_size(first) == 5000);
  subject->commit({.checkpoints = {{first, checkpoint_at(7), ""}}});
  CHECK(*subject->reading().state_size(first) == 0);
  CHECK(*subject->reading().state_size(flow_number{1}) == 0);
}

}  // namespace millrace::contract
