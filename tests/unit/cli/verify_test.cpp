#include <catch2/catch.hpp>

#include <algorithm>

#include "host/verify.hpp"
#include "support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::vector<std::string> findings(const store& from, const interest_table::type_list& types) {
  const auto known = known_of(types);
  std::vector<std::string> all;
  verifier check{from,
                 *known,
                 [&](const std::string& subject, const std::string& what) {
                   all.push_back(subject + ": " + what);
                 },
                 {}};
  const auto counts = check.run();
  CHECK(counts->findings == all.size());
  return all;
}

using lines = std::vector<std::string>;

v1::Envelope due_at(std::int64_t micros) {
  v1::Envelope made;
  made.set_due(micros);
  return made;
}

v1::Envelope firing_of(std::uint64_t entry) {
  v1::Envelope made;
  made.set_cause(entry);
  made.set_from_schedule(true);
  made.mutable_timer()->set_flow("Topic");
  return made;
}

/// A store with something of everything, and nothing wrong.
void fill(store_builder& made, const interest_table::type_list& types) {
  made.append(act("1"));
  made.append(act("2", "x", true));
  made.append(act("1", "y", true));
  made.append_json("E", "{}", made.routed_to({"Foreign|1", "Acts|3"}));
  made.append_json("T", "{}", due_at(5));
  made.append_json("T", "{}", due_at(6));
  made.append_json("T", "{}", firing_of(4));
  made.append_json("R", "{}", made.caused_by(0, "Acts|1", 0));
  made.append_json("R", "{}", made.caused_by(0, "Acts|1", 1));
  made.route(types);
  made.checkpoint("Acts|1", made.handled(2), Diary{}.SerializeAsString());
  made.append(act("9"));
}

}  // namespace

TEST_CASE("one progress goes over all that verify looks at, and never back") {
  store_builder made;
  for (int i = 0; i < 40; ++i) made.append(act(std::to_string(i % 10)));
  made.route(types_of<acts, all_acts>());
  const auto known = known_of(types_of<acts, all_acts>());
  std::vector<std::uint64_t> told;
  verifier check{made.stored, *known, [](const auto&, const auto&) {},
                 [&](std::uint64_t done, std::uint64_t total) {
                   CHECK(total == 40);
                   told.push_back(done);
                 }};
  REQUIRE(check.run());
  CHECK(std::is_sorted(told.begin(), told.end()));
  REQUIRE(told.size() > 2);
  CHECK(told[told.size() / 3] < 20);  // the timeline is read, and that is not half of it
  CHECK(told.back() == 40);
}

TEST_CASE("a store that is in order has no findings, with the flows known or not") {
  store_builder made;
  const auto types = types_of<acts, all_acts>();
  fill(made, types);
  CHECK(findings(made.stored, types) == lines{});
  CHECK(findings(made.stored, {}) == lines{});
  CHECK(findings(made.stored, types_of<acts, all_acts, listener>()) == lines{});
}

TEST_CASE("a topic that began at the tail is compared from there on") {
  store_builder made;
  made.append(act("1"));
  made.route({});
  const auto types = types_of<listener>();
  commit_batch seen;
  v1::FlowType type;
  type.set_name("Listener");
  type.set_topic(true);
  type.set_since(1);
  type.set_routed(1);
  seen.flow_types.push_back(type);
  made.commit(seen);
  made.append(act("2"));
  made.append(act("3"));
  made.route(types);
  CHECK(findings(made.stored, types) == lines{});
}

TEST_CASE("payloads, causes and envelopes that cannot be are found") {
  store_builder made;
  made.append("Act", "\xff\xff");
  made.append_json("E", "{}", made.caused_by(7));
  made.append_json("E", "{");
  CHECK(findings(made.stored, types_of<all_acts>()) ==
        lines{"event 0: the payload does not decode as Act",
              "event 1: its cause, 7, is not before it", "event 2: the payload of E is not JSON"});
}

TEST_CASE("a reaction that is there twice is found") {
  store_builder made;
  made.append_json("E", "{}", made.routed_to({"Topic"}));
  made.append_json("R", "{}", made.caused_by(0, "Topic", 0));
  made.append_json("R", "{}", made.caused_by(0, "Topic", 1));
  made.append_json("R", "{}", made.caused_by(0, "Topic", 0));
  made.route({});
  made.checkpoint("Topic", made.handled(0));
  CHECK(findings(made.stored, {}) == lines{"event 3: repeats event 1: reaction 0 of Topic to 0"});
}

TEST_CASE("a reaction to an event after the flow's checkpoint is found") {
  store_builder made;
  made.append_json("E", "{}", made.routed_to({"Topic"}));
  made.append_json("E", "{}", made.routed_to({"Topic"}));
  made.append_json("R", "{}", made.caused_by(1, "Topic", 0));
  made.append_json("R", "{}", made.caused_by(1, "Nobody", 0));
  made.route({});
  made.checkpoint("Topic", made.handled(0));
  CHECK(findings(made.stored, {}) ==
        lines{"flow Topic: reacted to 1, after its checkpoint 0",
              "flow Nobody: is not in the directory, but emitted events"});
}

TEST_CASE("a schedule that does not follow from the timeline is found") {
  store_builder made;
  made.append_json("T", "{}", due_at(5));
  made.append_json("T", "{}", due_at(6));
  commit_batch batch;
  batch.unscheduled = {{0}};
  batch.scheduled.push_back({{9}, timestamp{duration{1}}, "T", "", std::nullopt});
  made.commit(batch);
  made.append_json("T", "{}", firing_of(1));
  made.append_json("T", "{}", firing_of(1));
  CHECK(findings(made.stored, {}) ==
        lines{"event 3: fires 1, which is not on the schedule there",
              "timer 0: T is scheduled on the timeline, but is not on the schedule",
              "timer 9: is on the schedule, but the timeline says that it fired, was cancelled or "
              "never was"});
}

TEST_CASE("cancelled timers are off the schedule") {
  store_builder made;
  made.append_json("T", "{}", due_at(5));
  v1::TimersCancelled cancelled;
  cancelled.add_positions(0);
  commit_batch batch;
  batch.unscheduled = {{0}};
  made.commit(batch);
  made.append("millrace.TimersCancelled", cancelled.SerializeAsString());
  CHECK(findings(made.stored, {}) == lines{});
}

TEST_CASE("an inbox that routing would not give is found") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1"));
  made.append(act("2"));
  made.route(types);
  made.append(act("1"));
  commit_batch wrong;
  wrong.postings.push_back(
      {(*made.stored.find_flow(flow_key{"Acts", "2"}, first_build))->entry.number, {{{2}, true}}});
  auto type = (*made.stored.flow_types()).front();
  type.set_routed(3);
  wrong.flow_types.push_back(type);
  made.commit(wrong);
  CHECK(findings(made.stored, types) ==
        lines{"flow Acts|1: event 2 is missing in its inbox",
              "flow Acts|2: event 2 is in its inbox, and was not routed to it"});
}

TEST_CASE("of a type of another program what explicit routes say is found") {
  store_builder made;
  made.append_json("E", "{}", made.routed_to({"Acts|1", "Acts|2"}));
  made.append_json("E", "{}", made.routed_to({"Acts|2"}));
  made.route(types_of<acts>());
  CHECK(findings(made.stored, {}) == lines{});
  commit_batch wrong;
  for (const auto* id : {"1", "2"}) {
    const auto entry = (*made.stored.find_flow(flow_key{"Acts", id}, first_build))->entry;
    wrong.rewritten.push_back({entry, {{{1}, true}, {{7}, true}}});
  }
  made.commit(wrong);
  CHECK(findings(made.stored, {}) ==
        lines{"flow Acts|1: event 1 is in its inbox, and does not name it",
              "flow Acts|1: its inbox has 0 of the 1 events that name it",
              "flow Acts|2: its inbox has 1 of the 2 events that name it"});
}

TEST_CASE("a flow that routing starts and the directory does not have is found") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1"));
  commit_batch wrong;
  v1::FlowType type;
  type.set_name("Acts");
  type.set_routed(1);
  wrong.flow_types.push_back(type);
  wrong.routed = position{1};
  made.commit(wrong);
  CHECK(findings(made.stored, types) ==
        lines{"flow Acts|1: is not in the directory; 1 events are routed to it"});
}

TEST_CASE("a checkpoint past everything that was routed is found") {
  store_builder made;
  made.append_json("E", "{}", made.routed_to({"A"}));
  made.append_json("E", "{}");
  made.append_json("E", "{}");
  const auto types = types_of<acts>();
  made.append(act("1"));
  made.append(act("2"));
  made.route(types);
  auto wrong = made.handled(4);
  wrong.set_snapshot(5);
  made.checkpoint("Acts|1", wrong);
  CHECK(findings(made.stored, types) ==
        lines{"flow Acts|1: its snapshot is after its checkpoint",
              "flow Acts|1: its checkpoint 4 is after the last event routed to it, 3"});
}

TEST_CASE("a stop on an event that was not routed to the flow is found") {
  store_builder made;
  made.append_json("E", "{}", made.routed_to({"A"}));
  made.append_json("E", "{}");
  made.append_json("E", "{}", made.routed_to({"A"}));
  made.route({});
  auto stopped = made.handled(0);
  stopped.set_error_position(1);
  stopped.set_version(1);
  made.checkpoint("A", stopped);
  CHECK(findings(made.stored, {}) == lines{"flow A: stopped on 1, which was not routed to it"});
}

TEST_CASE("a cause index that misses an effect is found") {
  store_builder made;
  made.append_json("E", "{}");
  made.append_json("E", "{}", made.caused_by(0));
  commit_batch wrong;
  wrong.routed = position{2};
  made.commit(wrong);
  CHECK(findings(made.stored, {}) ==
        lines{"effects of 0 to 4095: event 1 is missing among the effects of 0"});
}

TEST_CASE("routing that failed and was skipped is no finding, one that was not skipped is") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1"));
  made.append(act("2", "unroutable"));
  made.route(types);  // parks
  auto type = (*made.stored.flow_types()).front();
  REQUIRE(type.error_position() == 1);
  CHECK(findings(made.stored, types) == lines{});
  type.clear_error_position();
  type.set_routed(2);
  auto& skipped = *type.add_skipped();
  skipped.set_position(1);
  commit_batch batch;
  batch.flow_types.push_back(type);
  made.commit(batch);
  made.append(act("1"));
  made.route(types);
  CHECK(findings(made.stored, types) == lines{});
  type = (*made.stored.flow_types()).front();
  type.clear_skipped();
  batch.flow_types = {type};
  made.commit(batch);
  CHECK(findings(made.stored, types).size() == 1);
}

TEST_CASE("an event whose routing was skipped before the code was mended is no finding") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1"));
  made.route(types);
  made.append(act("1"));  // routing it now gives it to Acts|1
  made.append(act("2"));  // and this would begin Acts|2
  auto type = (*made.stored.flow_types()).front();
  type.set_routed(3);
  type.add_skipped()->set_position(1);
  type.add_skipped()->set_position(2);
  commit_batch batch;
  batch.flow_types.push_back(type);
  made.commit(batch);
  made.append(act("1"));
  made.append(act("2"));
  made.route(types);
  CHECK(findings(made.stored, types) == lines{});
}

TEST_CASE("an id that is remembered for another event is found") {
  store_builder made;
  made.append_json("E", "{}");
  commit_batch wrong;
  wrong.ids.push_back({"a", {0}, midnight});
  made.commit(wrong);
  CHECK(findings(made.stored, {}) ==
        lines{"event 0: is remembered under an id that is not its own"});
}
