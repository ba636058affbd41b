#include <catch2/catch.hpp>

#include "unit/flow/diary.hpp"
#include "unit/flow/recorded.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {
const flow_type topic = describe<diary>();
const flow_type query = describe<reader>();
}  // namespace

TEST_CASE("a starts begins a life at its position") {
  inbox in;
  in.leave_hole(7);
  in.add(act("a"));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  CHECK(made.handled == 1);
  CHECK(flow.alive());
  CHECK(made.checkpoint.life() == 7);
  CHECK(made.checkpoint.position() == 7);
  CHECK(made.checkpoint.changed() == 7);
  CHECK(made.checkpoint.version() == 3);
  CHECK(lines_of<Diary>(flow) == std::vector<std::string>{"Act a @7 t7"});
}

TEST_CASE("a joins passes by a flow that never began") {
  inbox in;
  in.add(joining(act("a", {{Do::SAY, "w"}})), false);
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  CHECK(made.handled == 1);
  CHECK_FALSE(flow.alive());
  CHECK(made.reactions.empty());
  CHECK(made.checkpoint.position() == 0);
  CHECK_FALSE(made.checkpoint.has_changed());
  CHECK(made.state == "");
}

TEST_CASE("a second starts goes on with the same life") {
  inbox in;
  in.add(act("a"));
  in.add(act("b"));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  CHECK(made.checkpoint.life() == 0);
  CHECK(lines_of<Diary>(flow).size() == 2);
}

TEST_CASE("when sees the state after its own given") {
  inbox in;
  in.add(act("a", {{Do::SAY, "w"}}));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  REQUIRE(made.reactions.size() == 1);
  Word word;
  word.ParseFromString(made.reactions[0].payload);
  CHECK(word.tag() == "w1");
}

TEST_CASE("a reaction carries cause, ordinal, depth, correlation id and user of its cause") {
  inbox in;
  auto& cause = in.add(act("a", {{Do::SAY, "w"}, {Do::BELL, "bell"}}));
  cause.envelope.set_correlation_id("corr");
  cause.envelope.set_user("ann");
  cause.envelope.set_depth(5);
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  REQUIRE(made.reactions.size() == 2);
  const auto& bell = made.reactions[1];
  CHECK(bell.type == "Bell");
  CHECK(bell.cause == position{0});
  CHECK(bell.ordinal == 1);
  CHECK(bell.depth == 6);
  CHECK(bell.correlation_id == "corr");
  CHECK(bell.user == "ann");
  CHECK(bell.due == timestamp{std::chrono::minutes{4}});
  CHECK_FALSE(made.reactions[0].due);
}

TEST_CASE("done ends the life, drops the state and takes all timers off") {
  inbox in;
  in.add(act("a", {{Do::DONE, ""}}));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  CHECK_FALSE(flow.alive());
  CHECK(flow.state() == nullptr);
  CHECK(made.checkpoint.done());
  CHECK_FALSE(made.checkpoint.has_life());
  CHECK(made.state == "");
  REQUIRE(made.cancellations.size() == 1);
  CHECK(made.cancellations[0].cause == position{0});
  CHECK(made.cancellations[0].type.empty());
}

TEST_CASE("done drops what the same when scheduled and keeps what it said") {
  inbox in;
  in.add(act("a", {{Do::BELL, "b"}, {Do::SAY, "w"}, {Do::DONE, ""}, {Do::CHIME, "c"}}));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  REQUIRE(made.reactions.size() == 1);
  CHECK(made.reactions[0].type == "Word");
  CHECK(made.reactions[0].ordinal == 0);
}

TEST_CASE("done and cancel in one when are one cancellation of all") {
  inbox in;
  in.add(act("a", {{Do::CANCEL_BELL, ""}, {Do::DONE, ""}}));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  REQUIRE(made.cancellations.size() == 1);
  CHECK(made.cancellations[0].type.empty());
}

TEST_CASE("after done a joins passes by, and the next starts begins a fresh life") {
  inbox in;
  in.add(act("a", {{Do::DONE, ""}}));
  in.add(joining(act("lost")), false);
  in.add(act("b"));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  CHECK(made.handled == 3);
  CHECK(made.checkpoint.life() == 2);
  CHECK_FALSE(made.checkpoint.done());
  CHECK(lines_of<Diary>(flow) == std::vector<std::string>{"Act b @2 t2"});
}

TEST_CASE("ends ends a query after its given, without cancellations") {
  inbox in{flow_key{"Reader", "x"}};
  in.add(act("a"));
  in.add(act("end"));
  runner flow{query, flow_key{"Reader", "x"}};
  CHECK(flow.run(in.take(0, 1)).checkpoint.changed() == 0);
  const auto made = flow.run(in.take(1));
  CHECK_FALSE(flow.alive());
  CHECK(made.checkpoint.done());
  CHECK(made.checkpoint.changed() == 1);
  CHECK(made.cancellations.empty());
  CHECK(made.state == "");
}

TEST_CASE("a query starts anew after it ended") {
  inbox in{flow_key{"Reader", "x"}};
  in.add(act("a"));
  in.add(act("end"));
  in.add(joining(act("lost")), false);
  in.add(act("b"));
  runner flow{query, flow_key{"Reader", "x"}};
  CHECK(flow.run(in.take()).checkpoint.life() == 3);
  CHECK(lines_of<Diary>(flow) == std::vector<std::string>{"b"});
}

TEST_CASE("an event that the flow does not observe passes by, though it may begin a life") {
  inbox in;
  in.add(Unheard{});
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  CHECK(made.handled == 1);
  CHECK(made.checkpoint.life() == 0);
  CHECK(made.checkpoint.position() == 0);
  CHECK(lines_of<Diary>(flow).empty());
}

TEST_CASE("an explicitly routed schedule entry runs its handlers like any event") {
  inbox in;
  auto& entry = in.add(act("a", {{Do::SAY, "w"}}));
  entry.envelope.set_due(1);
  entry.envelope.set_emitter("Diary|x");
  entry.envelope.set_cause(0);
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  CHECK(made.reactions.size() == 1);
  CHECK(lines_of<Diary>(flow).size() == 2);
}

TEST_CASE("an event at or before the checkpoint counts as handled and is not observed again") {
  inbox in;
  in.add(act("a", {{Do::SAY, "w"}}));
  in.add(act("b"));
  runner flow{topic, flow_key{"Diary", "x"}};
  (void)flow.run(in.take(0, 1));
  const auto made = flow.run(in.take());
  CHECK(made.handled == 2);
  CHECK(made.reactions.empty());
  CHECK(made.checkpoint.position() == 1);
  CHECK(made.checkpoint.changed() == 1);
  CHECK(lines_of<Diary>(flow).size() == 3);
}
