// What every store promises about the directory, postings, checkpoints and what is pending.
#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "contract/store_subject.hpp"
#include "store/known_flows.hpp"

namespace millrace::contract {

using lines = std::vector<std::string>;

namespace {

constexpr flow_number first{0};
constexpr flow_number second{1};

commit_batch two_flows() { return {.flows = {flow_of(0, "A|1", 3), flow_of(1, "B", 4)}}; }

flow_row found(const store& read, flow_number flow) {
  const auto row = read.find_flow(flow);
  REQUIRE(row);
  REQUIRE(row->has_value());
  return **row;
}

}  // namespace

TEST_CASE("a flow is found by key and by number") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  const store& read = subject->reading();
  CHECK(*read.flow_count() == 2);
  CHECK(text_of(found(read, first)) == "0 A|1 born=3 latest=none postings=0 checkpoint=[]");
  CHECK(text_of(**read.find_flow(flow_key{"B"}, first_build)) == text_of(found(read, second)));
  CHECK_FALSE(read.find_flow(flow_key{"B", ""}, first_build)->has_value());
  CHECK_FALSE(read.find_flow(flow_number{2})->has_value());
}

TEST_CASE("many flows are found at once, each in its place") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch{.flows = {flow_of(0, "A|1", 3), flow_of(1, "B")}};
  batch.postings.push_back({second, {{position{4}, true}}});
  subject->commit(batch);
  const std::vector<flow_name> names{{"B"}, {"A"}, {"A|1"}, {"A|1", build_number{2}}, {"B"}};
  const auto all = find_flows(subject->reading(), names);
  REQUIRE(all);
  REQUIRE(all->size() == 5);
  CHECK((*all)[0]->number == second);
  CHECK((*all)[0]->latest == position{4});
  CHECK((*all)[0]->born == flow_of(1, "B").born);
  CHECK_FALSE((*all)[1].has_value());
  CHECK((*all)[2]->number == first);
  CHECK((*all)[2]->born == position{3});
  CHECK_FALSE((*all)[2]->latest.has_value());
  CHECK_FALSE((*all)[3].has_value());
  CHECK((*all)[4]->number == second);
  CHECK(find_flows(subject->reading(), {})->empty());
}

TEST_CASE("numbers may leave holes, and the next free one is after the last") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit({.flows = {flow_of(7, "A")}});
  CHECK(*subject->reading().flow_count() == 8);
  CHECK_FALSE(subject->reading().find_flow(flow_number{3})->has_value());
}

TEST_CASE("flows are listed in byte order of keys, all or of one type") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  const lines keys{"T|b", "T", "T1", "T|", "T}", "\xc3\xa9", "T|a|x", "S", "T |a", "t"};
  commit_batch batch;
  for (const std::string& key : keys) {
    batch.flows.push_back(flow_of(static_cast<std::uint32_t>(batch.flows.size()), key));
  }
  subject->commit(batch);
  const store& read = subject->reading();
  CHECK(flow_keys(read, "") ==
        lines{"S", "T", "T |a", "T1", "T|", "T|a|x", "T|b", "T}", "t", "\xc3\xa9"});
  CHECK(flow_keys(read, "T") == lines{"T", "T|", "T|a|x", "T|b"});
  CHECK(flow_keys(read, "nothing").empty());
}

TEST_CASE("a listing of flows ends when its visitor has enough") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch = two_flows();
  batch.postings = {{first, {{{3}, true}}}, {second, {{{4}, true}}}};
  subject->commit(batch);
  int seen = 0;
  CHECK(subject->reading().flows("", [&](const flow_row&) { return ++seen < 1; }));
  CHECK(subject->reading().pending([&](const flow_row&) { return ++seen < 2; }));
  CHECK(seen == 2);
}

TEST_CASE("postings are read in order, after a place, up to a limit") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch = two_flows();
  batch.postings = {{first, {{{3}, true}, {{5}, false}}}};
  subject->commit(batch);
  subject->commit({.postings = {{first, {{{6}, false}, {{1'000'000'000'000}, true}}}}});
  const store& read = subject->reading();
  const std::vector<posting> all{
      {{3}, true}, {{5}, false}, {{6}, false}, {{1'000'000'000'000}, true}};
  CHECK((*read.postings(first, std::nullopt, 10) == all));
  CHECK((*read.postings(first, position{3}, 2) == std::vector<posting>{all[1], all[2]}));
  CHECK(read.postings(first, position{1'000'000'000'000}, 10)->empty());
  CHECK(read.postings(first, std::nullopt, 0)->empty());
  CHECK(read.postings(second, std::nullopt, 10)->empty());
  CHECK(found(read, first).latest == position{1'000'000'000'000});
  CHECK(found(read, first).postings == 4);
}

TEST_CASE("the first posting may be at position 0, and the last at the largest") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch = two_flows();
  batch.postings = {{first, {{{0}, false}, {{limits::position_max}, true}}}};
  subject->commit(batch);
  const auto all = *subject->reading().postings(first, std::nullopt, 10);
  CHECK((all == std::vector<posting>{{{0}, false}, {{limits::position_max}, true}}));
  CHECK(pending_keys(subject->reading()) == lines{"A|1"});
}

TEST_CASE("an inbox of any length is read back, in parts and whole") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  std::vector<posting> all;
  for (std::uint64_t part = 0; part < 5; ++part) {
    posting_writes::of_flow write{first, {}};
    for (std::uint64_t i = 0; i < 3000; ++i) {
      write.postings.push_back({{part * 1'000'000 + i * 150}, i % 7 == 0});
    }
    all.insert(all.end(), write.postings.begin(), write.postings.end());
    subject->commit({.postings = {write}});
  }
  const store& read = subject->reading();
  CHECK((*read.postings(first, std::nullopt, SIZE_MAX) == all));
  std::vector<posting> again;
  std::optional<position> after;
  while (true) {
    const auto part = *read.postings(first, after, 997);
    if (part.empty()) break;
    again.insert(again.end(), part.begin(), part.end());
    after = part.back().at;
  }
  CHECK((again == all));
  CHECK(found(read, first).postings == all.size());
}

TEST_CASE("a flow without a checkpoint loads nothing") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  CHECK_FALSE(subject->reading().load(first)->has_value());
}

TEST_CASE("a checkpoint loads as it was written, with its state") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  v1::Checkpoint written = stopped_at(5, 9);
  written.set_generation(3);
  written.add_skipped()->set_position(2);
  const std::string state{"\0x", 2};
  subject->commit({.checkpoints = {{first, written, state}, {second, {}, ""}}});
  const store& read = subject->reading();
  CHECK((*read.load(first))->checkpoint.SerializeAsString() == written.SerializeAsString());
  CHECK((*read.load(first))->state == state);
  CHECK(found(read, first).checkpoint.SerializeAsString() == written.SerializeAsString());
  REQUIRE(read.load(second)->has_value());
  CHECK((*read.load(second))->state.empty());
}

TEST_CASE("a checkpoint may come with its flow, and again with it, and others come after it") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch = two_flows();
  batch.postings = {{first, {{{3}, true}, {{6}, true}}}, {second, {{{4}, true}}}};
  batch.checkpoints = {{second, stopped_at(1, 4), "of B"}, {first, checkpoint_at(3), "of A"}};
  subject->commit(batch);
  CHECK((*subject->reading().load(first))->state == "of A");
  CHECK((*subject->reading().load(second))->state == "of B");
  CHECK(found(subject->reading(), second).checkpoint.error_position() == 4);
  CHECK(pending_keys(subject->reading()) == lines{"A|1"});
  subject->commit({.checkpoints = {{first, checkpoint_at(6), "newer"}}});
  CHECK((*subject->reading().load(first))->state == "newer");
  subject->commit({.flows = {flow_of(0, "A|1", 2), flow_of(1, "B", 4)},
                   .checkpoints = {{first, checkpoint_at(7), "with its entry"},
                                   {second, checkpoint_at(2), std::nullopt}}});
  const store& read = subject->reading();
  CHECK((*read.load(first))->state == "with its entry");
  CHECK(found(read, first).checkpoint.position() == 7);
  CHECK(found(read, first).entry.born == position{2});
  CHECK((*read.load(second))->state == "of B");
  CHECK(pending_keys(read) == lines{"B"});
  REQUIRE(subject->writing().maintain());
  CHECK((*subject->reading().load(first))->state == "with its entry");
}

TEST_CASE("a checkpoint without a state keeps the stored one") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  subject->commit({.checkpoints = {{first, checkpoint_at(5), "five"}}});
  subject->commit({.checkpoints = {{first, checkpoint_at(6), std::nullopt}}});
  subject->commit({.checkpoints = {{first, checkpoint_at(7), std::nullopt},
                                   {second, checkpoint_at(1), std::nullopt}}});
  const store& read = subject->reading();
  CHECK((*read.load(first))->state == "five");
  CHECK((*read.load(first))->checkpoint.position() == 7);
  CHECK((*read.load(second))->state.empty());
  subject->commit({.checkpoints = {{first, checkpoint_at(8), ""}}});
  CHECK((*subject->reading().load(first))->state.empty());
}

TEST_CASE("a flow is pending while its latest is after its checkpoint") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch = two_flows();
  batch.postings = {{first, {{{3}, true}}}, {second, {{{4}, true}}}};
  subject->commit(batch);
  CHECK(pending_keys(subject->reading()) == lines{"A|1", "B"});
  subject->commit({.checkpoints = {{second, checkpoint_at(4), std::nullopt}}});
  CHECK(pending_keys(subject->reading()) == lines{"A|1"});
  subject->commit({.checkpoints = {{first, checkpoint_at(2), std::nullopt}}});
  CHECK(pending_keys(subject->reading()) == lines{"A|1"});
  subject->commit({.checkpoints = {{first, checkpoint_at(3), std::nullopt}},
                   .postings = {{second, {{{9}, false}}}}});
  CHECK(pending_keys(subject->reading()) == lines{"B"});
  subject->commit({.checkpoints = {{second, checkpoint_at(20), std::nullopt}}});
  CHECK(pending_keys(subject->reading()).empty());
}

TEST_CASE("a flow to which nothing was routed is not pending") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch = two_flows();
  batch.checkpoints = {{second, {}, std::nullopt}};
  subject->commit(batch);
  CHECK(pending_keys(subject->reading()).empty());
}

TEST_CASE("a checkpoint without a position leaves a flow pending from position 0") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch = two_flows();
  batch.checkpoints = {{first, {}, "s"}};
  batch.postings = {{first, {{{0}, true}}}};
  subject->commit(batch);
  CHECK(pending_keys(subject->reading()) == lines{"A|1"});
}

TEST_CASE("a stopped flow is not pending until its error is cleared") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch = two_flows();
  batch.postings = {{first, {{{3}, true}, {{6}, false}}}};
  subject->commit(batch);
  subject->commit({.checkpoints = {{first, stopped_at(3, 6), std::nullopt}}});
  CHECK(pending_keys(subject->reading()).empty());
  subject->commit({.postings = {{first, {{{8}, false}}}}});
  CHECK(pending_keys(subject->reading()).empty());
  subject->commit({.checkpoints = {{first, checkpoint_at(3), std::nullopt}}});
  CHECK(pending_keys(subject->reading()) == lines{"A|1"});
}

TEST_CASE("a checkpoint that goes back makes its flow pending again") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  commit_batch batch = two_flows();
  batch.postings = {{first, {{{3}, true}}}};
  batch.checkpoints = {{first, checkpoint_at(3), "s"}};
  subject->commit(batch);
  CHECK(pending_keys(subject->reading()).empty());
  subject->commit({.checkpoints = {{first, {}, ""}}});
  CHECK(pending_keys(subject->reading()) == lines{"A|1"});
}

namespace {

constexpr std::uint64_t routed_to = 10;

commit_batch many_flows(std::uint32_t flows) {
  commit_batch batch;
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    batch.flows.push_back(flow_of(flow, "F|" + std::to_string(flow)));
    batch.postings.push_back({static_cast<flow_number>(flow), {{{routed_to}, true}}});
  }
  return batch;
}

v1::Checkpoint nth_checkpoint(std::uint32_t flow, std::uint64_t round) {
  const std::uint64_t at = (flow + round) % 20;
  return flow % 5 == round % 5 ? stopped_at(at, routed_to) : checkpoint_at(at);
}

commit_batch many_checkpoints(std::uint32_t flows, std::uint64_t round) {
  commit_batch batch;
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    std::optional<std::string> state;
    if ((flow + round) % 3 == 0) state = std::to_string(flow * round);
    batch.checkpoints.push_back(
        {static_cast<flow_number>(flow), nth_checkpoint(flow, round), state});
  }
  return batch;
}

std::size_t pending_after(std::uint32_t flows, std::uint64_t round) {
  std::size_t count = 0;
  for (std::uint32_t flow = 0; flow < flows; ++flow) {
    const v1::Checkpoint checkpoint = nth_checkpoint(flow, round);
    if (!checkpoint.has_error_position() && checkpoint.position() < routed_to) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("housekeeping changes nothing that is read") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  constexpr std::uint32_t flows = 4000;
  subject->commit(many_flows(flows));
  for (std::uint64_t round = 0; round < 9; ++round) {
    subject->commit(many_checkpoints(flows, round));
    if (round < 6) continue;
    const lines before = everything(subject->reading());
    REQUIRE(subject->writing().maintain());
    CHECK(everything(subject->reading()) == before);
    CHECK(pending_keys(subject->reading()).size() == pending_after(flows, round));
  }
  while (*subject->writing().maintain()) continue;
  subject->step();
  CHECK(pending_keys(subject->reading()).size() == pending_after(flows, 8));
}

TEST_CASE("checkpoints of any number are kept without housekeeping") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  constexpr std::uint32_t flows = 4000;
  subject->commit(many_flows(flows));
  constexpr std::uint64_t rounds = limits::checkpoint_log_entries_max / flows + 3;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    REQUIRE(subject->writing().commit(many_checkpoints(flows, round)));
  }
  subject->step();
  CHECK(pending_keys(subject->reading()).size() == pending_after(flows, rounds - 1));
  const auto loaded = *subject->reading().load(second);
  CHECK(loaded->checkpoint.SerializeAsString() ==
        nth_checkpoint(1, rounds - 1).SerializeAsString());
  CHECK(loaded->state == std::to_string(1 * (rounds - 1 - (rounds % 3))));
}

TEST_CASE("a checkpoint takes the place of the one before, whichever came with many others") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  constexpr std::uint32_t all = 5000;
  constexpr std::uint32_t few = 100;
  constexpr std::uint64_t rounds = 6;
  subject->commit(many_flows(all));
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    const bool is_of_all = round % 2 == 1;
    subject->commit(many_checkpoints(is_of_all ? all : few, round));
    const auto of_the_others = is_of_all ? round : round - 1;
    const auto expected = pending_after(few, round) + pending_after(all, of_the_others) -
                          pending_after(few, of_the_others);
    CHECK(pending_keys(subject->reading()).size() == expected);
  }
  const auto newest = *subject->reading().load(second);
  CHECK(newest->checkpoint.SerializeAsString() == nth_checkpoint(1, rounds).SerializeAsString());
  CHECK(newest->state == std::to_string(1 * 5));
}

TEST_CASE("a logged checkpoint whose state was folded first is not newer than a later one") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  constexpr std::uint32_t few = 4000;
  constexpr std::uint32_t all = 5000;
  const auto commit = [&](std::uint32_t flows, std::uint64_t at, std::optional<std::string> state) {
    commit_batch batch;
    for (std::uint32_t flow = 0; flow < flows; ++flow) {
      batch.checkpoints.push_back({static_cast<flow_number>(flow), checkpoint_at(at), state});
    }
    REQUIRE(subject->writing().commit(batch));
  };
  REQUIRE(subject->writing().commit(many_flows(all)));
  commit(few, 1, "first");
  for (std::uint64_t at = 2; at <= 7; ++at) commit(few, at, {});
  REQUIRE(subject->writing().maintain());
  commit(all, 9, "last");
  subject->step();
  const auto newest = *subject->reading().load(second);
  CHECK(newest->checkpoint.position() == 9);
  CHECK(newest->state == "last");
}

}  // namespace millrace::contract
