#include <catch2/catch.hpp>

#include "base/utf8.hpp"
#include "unit/flow/diary.hpp"
#include "unit/flow/recorded.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

const flow_type topic = describe<diary>();
const flow_key key{"Diary", "x"};

/// What stops a flow that observes this event first.
std::string complaint_of(const Act& body, std::uint32_t depth = 0) {
  inbox in;
  in.add(body).envelope.set_depth(depth);
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  if (!made.failed) return "none";
  CHECK(made.handled == 0);
  CHECK(made.failed->at == position{0});
  CHECK(made.reactions.empty());
  CHECK_FALSE(made.state);
  return made.failed->message;
}

struct picky {
  static constexpr std::string_view name = "Picky";
  using observes = events<Act>;
  picky() { throw std::runtime_error{"no picky today"}; }
  void given(const Act&) {}
  Diary state;
};

struct gabbler {
  static constexpr std::string_view name = "Gabbler";
  using observes = events<Act>;
  void when(const Act&, reactions&) const {
    throw std::runtime_error{std::string(limits::error_message_size_max - 1, 'x') + "\u00e9\xFF"};
  }
};

}  // namespace

TEST_CASE("a handler that throws an exception stops the flow with its words") {
  CHECK(complaint_of(act("a", {{Do::THROW, ""}})) == "when of a");
  auto throwing = act("b");
  throwing.set_given_throws(true);
  CHECK(complaint_of(throwing) == "given of b");
}

TEST_CASE("a handler that throws anything else stops the flow too") {
  CHECK(complaint_of(act("a", {{Do::THROW_NUMBER, ""}})) == "unknown exception");
}

TEST_CASE("an instance that cannot be made stops the flow") {
  const flow_type type = describe<picky>();
  inbox in{flow_key{"Picky"}};
  in.add(act("a"));
  runner flow{type, flow_key{"Picky"}};
  const auto made = flow.run(in.take());
  REQUIRE(made.failed);
  CHECK(made.failed->message == "no picky today");
  v1::Checkpoint alive;
  alive.set_life(0);
  runner loaded{type, flow_key{"Picky"}};
  CHECK(loaded.load(alive, "").error().code == errc::corrupt);
}

TEST_CASE("a long message is cut between characters") {
  const flow_type type = describe<gabbler>();
  inbox in{flow_key{"Gabbler"}};
  in.add(act("a"));
  runner flow{type, flow_key{"Gabbler"}};
  const auto message = flow.run(in.take()).failed->message;
  CHECK(message.size() == limits::error_message_size_max - 1);
  CHECK(is_utf8(message));
}

TEST_CASE("an observed event that does not decode stops the flow") {
  inbox in;
  in.add(act("a")).body.reset();
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  REQUIRE(made.failed);
  CHECK(made.failed->message == "payload does not decode as Act");
}

TEST_CASE("an event that does not decode passes by a flow that is not alive") {
  inbox in;
  in.add(of<Word>("w"), false).body.reset();
  runner flow{topic, key};
  CHECK_FALSE(flow.run(in.take()).failed);
}

TEST_CASE("a chain of reactions ends at its depth limit") {
  const auto say = act("a", {{Do::SAY, "w"}});
  CHECK(complaint_of(say, limits::causal_depth_max - 1) == "none");
  CHECK(complaint_of(say, limits::causal_depth_max).starts_with("a chain of more than 1000"));
  CHECK(complaint_of(act("quiet"), limits::causal_depth_max) == "none");
}

TEST_CASE("one event may not cause more reactions than the limit") {
  CHECK(complaint_of(act("a", {{Do::MANY, ""}})) ==
        "emits 65537 events at once; the limit is 65536");
}

TEST_CASE("an emission over the size limit stops the flow") {
  CHECK(complaint_of(act("a", {{Do::HUGE, ""}})).starts_with("emits a Word of 4194"));
}

TEST_CASE("an emission that nobody could read again stops the flow") {
  CHECK(complaint_of(act("a", {{Do::BROKEN, ""}})) ==
        "emits a Word: millrace.test.Word.tag is not valid UTF-8");
}

TEST_CASE("an emission with the name of another observed message stops the flow") {
  CHECK(complaint_of(act("a", {{Do::OTHER, ""}})) ==
        "emits millrace.other.Word, but observes another message of that name");
}

TEST_CASE("what happened before a failure is in the turn, of the failed event nothing") {
  inbox in;
  in.add(act("a", {{Do::SAY, "w"}, {Do::CANCEL_BELL, ""}}));
  in.add(act("b", {{Do::SAY, "lost"}, {Do::BELL, "lost"}, {Do::CANCEL_CHIME, ""}, {Do::HUGE, ""}}));
  in.add(act("c"));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  CHECK(made.handled == 1);
  REQUIRE(made.failed);
  CHECK(made.failed->at == position{1});
  CHECK(made.reactions.size() == 1);
  CHECK(made.cancellations.size() == 1);
  CHECK(made.checkpoint.position() == 0);
  CHECK_FALSE(made.checkpoint.has_error_position());
}

TEST_CASE("an event that fails begins no life") {
  inbox in;
  in.add(act("a", {{Do::DONE, ""}}));
  in.add(act("b", {{Do::THROW, ""}}));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  CHECK_FALSE(made.checkpoint.has_life());
  CHECK(made.checkpoint.done());
}

TEST_CASE("the handled events run again after a failure come to the same") {
  inbox in;
  in.add(act("a", {{Do::SAY, "v"}, {Do::BELL, "b"}}));
  in.add(act("c", {{Do::CANCEL_BELL, ""}, {Do::SAY, "w"}}));
  in.add(act("d", {{Do::THROW, ""}}));
  runner flow{topic, key};
  const auto failed = flow.run(in.take());
  REQUIRE(flow.load({}, ""));
  const auto again = flow.run(in.take(0, failed.handled));
  CHECK_FALSE(again.failed);
  CHECK(again.handled == failed.handled);
  REQUIRE(again.reactions.size() == failed.reactions.size());
  for (std::size_t i = 0; i < again.reactions.size(); ++i) {
    CHECK(again.reactions[i].payload == failed.reactions[i].payload);
    CHECK(again.reactions[i].ordinal == failed.reactions[i].ordinal);
  }
  CHECK(again.cancellations.size() == failed.cancellations.size());
  CHECK(again.checkpoint.position() == failed.checkpoint.position());
  CHECK(again.state);
}

TEST_CASE("a turn that goes well clears the error and keeps the generation") {
  v1::Checkpoint stopped;
  stopped.set_position(0);
  stopped.set_error_position(1);
  stopped.set_error_message("it was bad");
  stopped.set_generation(9);
  inbox in;
  in.leave_hole();
  in.add(act("a"));
  runner flow{topic, key};
  REQUIRE(flow.load(stopped, ""));
  const auto made = flow.run(in.take());
  CHECK_FALSE(made.checkpoint.has_error_position());
  CHECK(made.checkpoint.error_message().empty());
  CHECK(made.checkpoint.generation() == 9);
}

TEST_CASE("a state that could not be loaded again stops the flow at the event that broke it") {
  inbox in;
  in.add(act("a"));
  auto breaking = act("b");
  breaking.set_breaks(true);
  in.add(breaking);
  in.add(act("c"));
  runner flow{topic, key};
  auto made = flow.run(in.take());
  REQUIRE(made.failed);
  CHECK(made.failed->at == position{2});  // it is noticed late
  REQUIRE(flow.load({}, ""));
  made = flow.run(in.take(0, made.handled));
  REQUIRE(made.failed);
  CHECK(made.failed->at == position{1});
  CHECK(made.failed->message ==
        "the state cannot be saved: millrace.test.Diary.text is not valid UTF-8");
  REQUIRE(flow.load({}, ""));
  CHECK_FALSE(flow.run(in.take(0, made.handled)).failed);
}

TEST_CASE("a state that outgrows its limit stops the flow at the event that filled it") {
  inbox in;
  in.add(act("a"));
  auto growing = act("b");
  growing.set_grow(limits::state_size_max);
  in.add(growing);
  in.add(act("c"));
  runner flow{topic, key};
  auto made = flow.run(in.take());
  while (made.failed) {
    CHECK(made.failed->message.starts_with("the state takes 6710"));
    REQUIRE(flow.load({}, ""));
    made = flow.run(in.take(0, made.handled));
  }
  CHECK(made.handled == 1);
}
