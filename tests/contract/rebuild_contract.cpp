// What every store promises about derived data that is replaced.
#include <catch2/catch.hpp>

#include "contract/store_subject.hpp"

namespace millrace::contract {

namespace {

constexpr flow_number first{0};
constexpr flow_number second{1};

// More than a few blocks hold.
posting_run long_run(std::uint64_t begin, std::uint64_t count) {
  posting_run made;
  for (std::uint64_t i = 0; i < count; ++i) made.append({{begin + i * 300}, i % 7 == 0});
  return made;
}

commit_batch two_flows() {
  return {.flows = {flow_of(0, "A|1", 3), flow_of(1, "B", 4)},
          .postings = {{first, long_run(3, 2000).to_vector()}, {second, {{{4}, true}}}}};
}

posting_run stored(const store& read, flow_number flow) {
  const auto found = read.inbox(flow);
  REQUIRE(found);
  CHECK(found->damage.empty());
  return found->postings;
}

std::vector<effect> effects_of(const store& read, std::uint64_t span) {
  const auto found = read.effects_of_span(span);
  REQUIRE(found);
  return *found;
}

}  // namespace

TEST_CASE("an inbox is read whole, and a flow that is not there has an empty one") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  CHECK(stored(subject->reading(), first) == long_run(3, 2000));
  CHECK(stored(subject->reading(), second) == posting_run{{{4}, true}});
  CHECK(stored(subject->reading(), flow_number{9}).empty());
  CHECK(subject->reading().orphans()->empty());
}

TEST_CASE("a rewritten inbox takes the place of the old one, and of nothing else") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  subject->commit({.checkpoints = {{first, checkpoint_at(900), "state"}}});
  const auto fresh = GENERATE_COPY(posting_run{}, posting_run{{{5}, true}, {{1'000'000}, false}},
                                   long_run(7, 900));
  subject->commit({.rewritten = {{flow_of(0, "A|1", 5), fresh}}});
  const store& read = subject->reading();
  CHECK(stored(read, first) == fresh);
  CHECK(*read.postings(first, std::nullopt, SIZE_MAX) == fresh.to_vector());
  CHECK(stored(read, second) == posting_run{{{4}, true}});
  const auto row = *read.find_flow(first);
  CHECK(row->entry.born == position{5});
  CHECK(row->latest == fresh.last());
  CHECK(row->postings == fresh.size());
  CHECK(row->checkpoint.position() == 900);
  CHECK((*read.load(first))->state == "state");
  CHECK(pending_keys(read).size() == (fresh.last() > position{900} ? 2 : 1));
  CHECK(subject->reading().check()->empty());
}

TEST_CASE("postings of the same batch follow what is rewritten, and later ones too") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  subject->commit({.rewritten = {{flow_of(0, "A|1", 3), {{{3}, true}}},
                                 {flow_of(1, "B", 4), {{{4}, false}, {{8}, true}}}},
                   .postings = {{first, {{{5}, false}}}}});
  subject->commit({.postings = {{first, {{{6}, true}}}, {second, {{{9}, true}}}}});
  CHECK(stored(subject->reading(), first) == posting_run{{{3}, true}, {{5}, false}, {{6}, true}});
  CHECK(stored(subject->reading(), second) == posting_run{{{4}, false}, {{8}, true}, {{9}, true}});
  CHECK(subject->reading().check()->empty());
}

TEST_CASE("a flow may come into the directory with its whole inbox") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(
      {.flows = {flow_of(0, "A", 7)}, .rewritten = {{flow_of(0, "A", 7), {{{7}, true}}}}});
  CHECK(stored(subject->reading(), first) == posting_run{{{7}, true}});
  CHECK(pending_keys(subject->reading()) == std::vector<std::string>{"A"});
}

TEST_CASE("an erased flow is gone, with all that was stored of it") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  subject->commit(two_flows());
  subject->commit({.erased = {first}});
  const store& read = subject->reading();
  CHECK_FALSE(read.find_flow(first)->has_value());
  CHECK_FALSE(read.find_flow(flow_key{"A", "1"}, first_build)->has_value());
  CHECK(flow_keys(read, "") == std::vector<std::string>{"B"});
  CHECK(stored(read, first).empty());
  CHECK(read.orphans()->empty());
  CHECK(read.check()->empty());
  subject->commit({.flows = {flow_of(2, "A|1", 9)}});
  CHECK((*subject->reading().find_flow(flow_key{"A", "1"}, first_build))->entry.number ==
        flow_number{2});
}

TEST_CASE("the effects of a span are read and replaced together") {
  const auto subject = make_store(GENERATE(from_range(every_store)));
  const std::uint64_t next = effect_span_causes;
  subject->commit({.effects = {{{1}, {2}},
                               {{1}, {5}},
                               {{next - 1}, {next}},
                               {{next}, {9000}},
                               {{3 * next}, {3 * next + 1}}}});
  CHECK(*subject->reading().effect_spans() == std::vector<std::uint64_t>{0, 1, 3});
  CHECK(effects_of(subject->reading(), 0) ==
        std::vector<effect>{{{1}, {2}}, {{1}, {5}}, {{next - 1}, {next}}});
  CHECK(effects_of(subject->reading(), 2).empty());
  std::vector<effect> many;
  for (std::uint64_t cause = 0; cause < 3000; ++cause) many.push_back({{cause}, {cause + 7}});
  subject->commit({.rewritten_effects = {{0, many}, {3, {}}}, .effects = {{{4}, {300}}}});
  const store& read = subject->reading();
  CHECK(*read.effect_spans() == std::vector<std::uint64_t>{0, 1});
  CHECK(effects_of(read, 0).size() == 3001);
  CHECK(*read.effects({4}) == std::vector<position>{{11}, {300}});
  CHECK(*read.effects({1}) == std::vector<position>{{8}});
  CHECK(*read.effects({next}) == std::vector<position>{{9000}});
  CHECK(read.check()->empty());
}

}  // namespace millrace::contract
