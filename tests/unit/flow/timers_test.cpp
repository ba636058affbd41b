#include <catch2/catch.hpp>

#include "unit/flow/diary.hpp"
#include "unit/flow/recorded.hpp"

using namespace millrace;
using namespace millrace::test;
using lines = std::vector<std::string>;

namespace {
const flow_type topic = describe<diary>();
const flow_key key{"Diary", "x"};
}  // namespace

TEST_CASE("cancel takes back what the same when scheduled before it") {
  inbox in;
  in.add(act("a", {{Do::BELL, "1"}, {Do::SAY, "w"}, {Do::CANCEL_BELL, ""}, {Do::BELL, "22"}}));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  REQUIRE(made.reactions.size() == 2);
  CHECK(made.reactions[0].type == "Word");
  CHECK(made.reactions[1].type == "Bell");
  CHECK(made.reactions[1].ordinal == 1);
  CHECK(made.reactions[1].due == timestamp{std::chrono::minutes{2}});
  REQUIRE(made.cancellations.size() == 1);
  CHECK(made.cancellations[0].type == "Bell");
  CHECK(made.cancellations[0].cause == position{0});
}

TEST_CASE("cancelling one type twice in one when is one cancellation") {
  inbox in;
  in.add(act("a", {{Do::CANCEL_BELL, ""}, {Do::CANCEL_BELL, ""}, {Do::CANCEL_CHIME, ""}}));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  REQUIRE(made.cancellations.size() == 2);
  CHECK(made.cancellations[0].type == "Bell");
  CHECK(made.cancellations[1].type == "Chime");
}

TEST_CASE("a firing that overtook its cancellation passes by") {
  inbox in;
  in.add(act("a", {{Do::BELL, "b"}}));
  in.add(act("c", {{Do::CANCEL_BELL, ""}}));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  in.add_firing<Bell>(made.reactions[0]);
  const auto next = flow.run(in.take(2));
  CHECK(next.handled == 1);
  CHECK(next.checkpoint.position() == 2);
  CHECK(lines_of<Diary>(flow).size() == 2);
}

TEST_CASE("a timer that the cancelling when sets itself is heard") {
  inbox in;
  in.add(act("a", {{Do::BELL, "b"}}));
  in.add(act("c", {{Do::CANCEL_BELL, ""}, {Do::BELL, "d"}}));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  REQUIRE(made.reactions.size() == 2);
  in.add_firing<Bell>(made.reactions[1]);
  (void)flow.run(in.take(2));
  CHECK(lines_of<Diary>(flow).back() == "Bell d @2 t2");
}

TEST_CASE("a cancellation of one type leaves the timers of another") {
  inbox in;
  in.add(act("a", {{Do::CHIME, "c"}}));
  in.add(act("b", {{Do::CANCEL_BELL, ""}}));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  in.add_firing<Chime>(made.reactions[0]);
  const auto next = flow.run(in.take(2));
  REQUIRE(next.reactions.size() == 1);
  CHECK(next.reactions[0].type == "Word");
}

TEST_CASE("a later cancellation replaces the earlier one") {
  inbox in;
  in.add(act("a", {{Do::CANCEL_BELL, ""}}));
  in.add(act("b", {{Do::BELL, "b"}}));
  in.add(act("c", {{Do::CANCEL_BELL, ""}}));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  REQUIRE(made.checkpoint.cancelled_size() == 1);
  CHECK(made.checkpoint.cancelled(0).type() == "Bell");
  CHECK(made.checkpoint.cancelled(0).before() == 2);
}

TEST_CASE("a firing of a former life passes by the next one") {
  inbox in;
  in.add(act("a", {{Do::BELL, "b"}}));
  in.add(act("c", {{Do::DONE, ""}}));
  in.add(act("d"));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  in.add_firing<Bell>(made.reactions[0], true);
  (void)flow.run(in.take(3));
  CHECK(lines_of<Diary>(flow) == lines{"Act d @2 t2"});
}

TEST_CASE("an own firing never begins a life, even when its route starts") {
  inbox in;
  in.add(act("a", {{Do::BELL, "b"}}));
  in.add(act("c", {{Do::DONE, ""}}));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  in.add_firing<Bell>(made.reactions[0], true);
  const auto next = flow.run(in.take(2));
  CHECK_FALSE(flow.alive());
  CHECK(next.checkpoint.position() == 2);
  CHECK(next.checkpoint.done());
}

TEST_CASE("a new life forgets the cancellations of the former one") {
  inbox in;
  in.add(act("a", {{Do::CANCEL_BELL, ""}}));
  in.add(act("b", {{Do::DONE, ""}}));
  in.add(act("c", {{Do::BELL, "d"}}));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  CHECK(made.checkpoint.cancelled_size() == 0);
  in.add_firing<Bell>(made.reactions[0]);
  (void)flow.run(in.take(3));
  CHECK(lines_of<Diary>(flow).back() == "Bell d @3 t3");
}

TEST_CASE("another flow's timer is an event like any other") {
  inbox in;
  auto& bell = in.add(of<Bell>("b"));
  bell.envelope.set_from_schedule(true);
  bell.envelope.mutable_timer()->set_flow("Diary|y");
  runner flow{topic, key};
  CHECK(flow.run(in.take()).checkpoint.life() == 0);
  CHECK(lines_of<Diary>(flow).size() == 1);
}

TEST_CASE("what a when takes back may still be referred to until it returns") {
  event cause;
  cause.envelope = &empty_envelope();
  reactions then{cause};
  auto& bell = then.emit_after<Bell>(std::chrono::minutes{1});
  then.cancel<Bell>();
  bell.set_tag("written to a body that is still there");
  CHECK(then.emissions().empty());
  CHECK(bell.tag().size() > 15);
}
