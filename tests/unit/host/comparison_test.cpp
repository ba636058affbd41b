// A fresh routing of the timeline, compared with what the store holds.
#include "unit/host/derived.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_CASE("routing afresh finds exactly what live routing wrote") {
  const auto seed = GENERATE(range(1u, 9u));
  CAPTURE(seed);
  routed_history history{seed};
  history.go_on(3000);
  const auto threads = GENERATE(1u, 2u, 5u);
  CHECK(history.compare({.threads = threads}) == texts{});
  CHECK(history.last.events == 3000);
  CHECK(history.last.flows > 100);
  CHECK(history.last.effects > 1000);
  CHECK(history.last.passes == 1);
}

TEST_CASE("with little memory it takes more passes, and finds the same") {
  routed_history history{77};
  history.go_on(4000);
  CHECK(history.compare({.threads = 2, .memory = 20'000}) == texts{});
  CHECK(history.last.passes > 2);
  const auto victim = history.row_of("Diary|7");
  history.put_inbox(victim.entry, {});
  CHECK(history.compare({.threads = 2, .memory = 20'000}).size() == 1);
}

TEST_CASE("what is not routed yet is no difference") {
  routed_history history{5};
  history.go_on(1000);
  commit_batch more;
  const auto payload = act("new one").SerializeAsString();
  more.events.push_back({history.stored.tail(), "Act", timestamp{}, payload, {}});
  REQUIRE(history.stored.commit(more));
  CHECK(history.compare() == texts{});
  // Its directory entry is written before its postings.
  commit_batch entry;
  entry.flows.push_back({flow_number{*history.stored.flow_count()},
                         flow_key{"Diary", "new one"},
                         {history.stored.tail().value - 1}});
  REQUIRE(history.stored.commit(entry));
  CHECK(history.compare() == texts{});
}

namespace {

v1::FlowType row_of(const std::string& name, std::uint32_t build) {
  v1::FlowType row;
  row.set_name(name);
  row.set_build(build);
  return row;
}

}  // namespace

TEST_CASE("each build has inboxes of its own, and those of a retired one are left alone") {
  routed_history history{21};
  history.go_on(1500);
  auto retired = row_of("Diary", 1);
  retired.set_retired(true);
  retired.set_routed(history.stored.tail().value);
  REQUIRE(history.stored.commit({.flow_types = {retired, row_of("Diary", 2)}}));
  history.restart();
  history.go_on(500);
  CHECK(history.compare() == texts{});
  const auto old = history.row_of("Diary|7");
  const auto fresh = history.stored.find_flow(old.entry.key, build_number{2});
  REQUIRE((*fresh)->postings > old.postings);
  history.put_inbox(old.entry, {});
  CHECK(history.compare() == texts{});
  history.put_inbox((*fresh)->entry, {});
  const auto found = history.compare();
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::StartsWith("flow Diary|7 (build 2): "));
}

TEST_CASE("explicit routes from before a type was hosted count, its own from when it was") {
  routed_history history{22};
  history.go_on(800);
  // What the store would hold had nobody hosted it so far.
  auto row = row_of("Diary", 1);
  const auto tail = history.stored.tail();
  row.set_since(tail.value);
  row.set_routed(tail.value);
  row.set_explicit_before(tail.value);
  REQUIRE(history.stored.commit({.flow_types = {row}}));
  const auto wrong = history.compare();
  CHECK(wrong.size() > 20);  // typed routes from before
  for (const auto& line : wrong) {
    CHECK_THAT(line, Catch::StartsWith("flow Diary") && !Catch::Contains("missing"));
  }
}

namespace {

struct damaged : routed_history {
  damaged() : routed_history(11) {
    go_on(3000);
    REQUIRE(compare().empty());
    victim = row_of("Diary|7");
    postings = stored.inbox(victim.entry.number)->postings.to_vector();
    REQUIRE(postings.size() > 20);
  }
  texts put(const std::vector<posting>& wrong) {
    put_inbox(victim.entry, wrong);
    return compare();
  }
  std::string at(std::size_t i) const { return std::to_string(postings[i].at.value); }

  flow_row victim;
  std::vector<posting> postings;
};

}  // namespace

TEST_CASE_METHOD(damaged, "a posting that is missing") {
  auto wrong = postings;
  wrong.erase(wrong.begin() + 5);
  const auto joins = postings[5].starts ? "" : " (joins)";
  CHECK(put(wrong) == texts{"flow Diary|7: event " + at(5) + joins + " is missing in its inbox"});
}

TEST_CASE_METHOD(damaged, "a posting too many") {
  auto wrong = postings;
  const posting extra{{postings[8].at.value + 1}, true};
  REQUIRE(extra.at != postings[9].at);
  wrong.insert(wrong.begin() + 9, extra);
  CHECK(put(wrong) == texts{"flow Diary|7: event " + std::to_string(extra.at.value) +
                            " is in its inbox, and was not routed to it"});
}

TEST_CASE_METHOD(damaged, "a wrong flag") {
  auto wrong = postings;
  wrong[3].starts = !wrong[3].starts;
  const bool joins = postings[3].starts;
  CHECK(put(wrong) == texts{"flow Diary|7: event " + at(3) + (joins ? " joins" : " starts") +
                            " in its inbox, and " + (joins ? "starts" : "joins") + " by routing"});
}

TEST_CASE_METHOD(damaged, "a tail that is cut off, before the checkpoint") {
  commit_batch done;
  v1::Checkpoint checkpoint;
  checkpoint.set_position(postings.back().at.value);
  done.checkpoints.push_back({victim.entry.number, checkpoint, std::nullopt});
  REQUIRE(stored.commit(done));
  const auto found = put({postings.begin(), postings.end() - 3});
  REQUIRE(found.size() == 1);
  CHECK_THAT(
      found[0],
      Catch::Contains("3 differences, the first: event " + at(postings.size() - 3)) &&
          Catch::Contains("its checkpoint " + at(postings.size() - 1) + " is past that: reset it"));
}

TEST_CASE_METHOD(damaged, "a wrong birth") {
  auto entry = victim.entry;
  entry.born.value += 1;
  put_inbox(entry, postings);
  CHECK(compare() ==
        texts{"flow Diary|7: is born at " + std::to_string(entry.born.value) +
              " in the directory, at " + std::to_string(victim.entry.born.value) + " by routing"});
}

TEST_CASE_METHOD(damaged, "a flow that is lost, and one that never was") {
  REQUIRE(stored.commit({.erased = {victim.entry.number}}));
  const flow_number fresh{*stored.flow_count()};
  REQUIRE(stored.commit({.flows = {{fresh, flow_key{"Diary", "nobody"}, position{3}}}}));
  CHECK(compare() ==
        texts{"flow Diary|7: is not in the directory; " + std::to_string(postings.size()) +
                  " events are routed to it",
              "flow Diary|nobody: is in the directory, but nothing was ever routed to it"});
}

TEST_CASE_METHOD(damaged, "an inbox of a flow that nothing reaches") {
  const flow_number fresh{*stored.flow_count()};
  REQUIRE(stored.commit({.flows = {{fresh, flow_key{"Gone", "nobody"}, position{3}}},
                         .postings = {{fresh, {{{3}, true}}}}}));
  CHECK(compare() == texts{"flow Gone|nobody: event 3 is in its inbox, and was not routed to it; "
                           "is born at 3 in the directory, but nothing started it"});
}

TEST_CASE_METHOD(damaged, "effects that are lost, or are none") {
  const auto spans = *stored.effect_spans();
  REQUIRE(spans.size() > 3);
  auto fewer = *stored.effects_of_span(spans[0]);
  const auto lost = fewer[4];
  fewer.erase(fewer.begin() + 4);
  auto more = *stored.effects_of_span(spans[1]);
  const effect wrong{more[2].cause, {more[2].at.value + 1}};
  more.insert(more.begin() + 3, wrong);
  REQUIRE(stored.commit({.rewritten_effects = {{spans[0], fewer}, {spans[1], more}}}));
  const auto found = compare();
  REQUIRE(found.size() == 2);
  CHECK_THAT(found[0], Catch::Contains(fmt::format("event {} is missing among the effects of {}",
                                                   lost.at.value, lost.cause.value)) ||
                           Catch::Contains("is listed among"));
}

TEST_CASE_METHOD(damaged, "a route that fails now for what was routed") {
  auto types = *stored.flow_types();
  for (auto& type : types) type.clear_skipped();
  REQUIRE(stored.commit({.flow_types = types}));
  const auto found = compare();
  REQUIRE(found.size() == 1);  // and its inboxes are not compared
  CHECK_THAT(found[0], Catch::StartsWith("flow type Diary: event ") &&
                           Catch::Contains("is routed in the store, but routing it fails"));
}

TEST_CASE("progress of several passes is told as that of one, up to all events") {
  routed_history history{31};
  history.go_on(3000);
  std::vector<std::uint64_t> told;
  const auto counts = compare_derived(history.stored, *history.known,
                                      {.may_use = {.threads = 2, .memory = 20'000},
                                       .tell = [&](std::uint64_t done, std::uint64_t total) {
                                         CHECK(total == history.stored.tail().value);
                                         told.push_back(done);
                                       }});
  REQUIRE(counts);
  CHECK(counts->passes > 2);
  CHECK(std::is_sorted(told.begin(), told.end()));
  CHECK(told.back() == history.stored.tail().value);
}
