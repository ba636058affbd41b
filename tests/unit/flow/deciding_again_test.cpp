// A topic that was reset decides again, and has to come to what is recorded.
#include <catch2/catch.hpp>

#include "unit/flow/diary.hpp"
#include "unit/flow/recorded.hpp"

using namespace millrace;
using namespace millrace::test;
using lines = std::vector<std::string>;

namespace {

const flow_type topic = describe<diary>();
const flow_key key{"Diary", "x"};

v1::Checkpoint until(std::uint64_t last, bool accepts = false) {
  v1::Checkpoint made;
  made.set_replay_until(last);
  made.set_accept_recorded(accepts);
  return made;
}

/// An event at 0 that made the flow say "then1" and set a bell, as it is recorded at 1 and 2.
struct recorded_flow {
  inbox in;
  runner flow{topic, key};

  explicit recorded_flow(std::initializer_list<std::pair<Do::Kind, std::string>> does) {
    in.add(act("a", does));
    add<Word>({.type = "Word", .cause = {0}, .ordinal = 0}, "then1");
    add<Bell>(
        {.type = "Bell", .cause = {0}, .ordinal = 1, .due = timestamp{std::chrono::minutes{4}}},
        "bell");
  }
  template <class E>
  void add(reaction one, const std::string& tag) {
    one.payload = encode_deterministic(of<E>(tag));
    auto& made = in.add_own<E>(one);
    if (one.due) made.envelope.set_due(one.due->time_since_epoch().count());
  }
  turn decide(bool accepts = false) {
    REQUIRE(flow.load(until(0, accepts), {}));
    return flow.run(std::vector{in.take_recorded()[0]});
  }
};

const std::pair<Do::Kind, std::string> say{Do::SAY, "then"};
const std::pair<Do::Kind, std::string> bell{Do::BELL, "bell"};

}  // namespace

TEST_CASE("what was decided before is not appended again") {
  recorded_flow past{{say, bell, {Do::CANCEL_CHIME, ""}}};
  const auto made = past.decide();
  CHECK_FALSE(made.failed);
  CHECK(made.reactions.empty());
  CHECK(made.cancellations.empty());
  CHECK(made.checkpoint.cancelled_size() == 1);
  CHECK(lines_of<Diary>(past.flow) == lines{"Act a @0 t0", "Word then1 @own t0"});
}

TEST_CASE("a reaction of another payload is a divergence that shows both") {
  recorded_flow past{{{Do::SAY, "now"}, bell}};
  const auto made = past.decide();
  REQUIRE(made.failed);
  CHECK(made.failed->at == position{0});
  CHECK(made.failed->message ==
        "divergence at 0: reaction 0 is not what is recorded; recorded: Word "
        R"({"id":"x","tag":"then1"} at 1; decided now: Word {"id":"x","tag":"now1"})");
  CHECK(made.handled == 0);
  CHECK_FALSE(made.checkpoint.has_position());
}

TEST_CASE("a timer that is due at another time is a divergence") {
  recorded_flow past{{say, {Do::BELL, "toll"}}};
  past.in[2].envelope.set_due(1'000'000);
  const auto made = past.decide();
  REQUIRE(made.failed);
  CHECK(made.failed->message ==
        "divergence at 0: reaction 1 is not what is recorded; recorded: Bell "
        R"({"id":"x","tag":"bell"} due 1970-01-01T00:00:01.000000Z at 2; )"
        R"(decided now: Bell {"id":"x","tag":"toll"} due 1970-01-01T00:04:00.000000Z)");
}

TEST_CASE("a reaction that is missing, or one more, is a divergence") {
  recorded_flow missing{{say}};
  CHECK(missing.decide().failed->message ==
        "divergence at 0: reaction 1 is not what is recorded; recorded: Bell "
        R"({"id":"x","tag":"bell"} due 1970-01-01T00:04:00.000000Z at 2; decided now: nothing)");
  recorded_flow more{{say, bell, say}};
  CHECK(more.decide().failed->message ==
        "divergence at 0: reaction 2 is not what is recorded; recorded: nothing; "
        R"(decided now: Word {"id":"x","tag":"then1"})");
}

TEST_CASE("an event that passes the flow by now, but made it react then, is a divergence") {
  recorded_flow past{{say, bell}};
  past.in[0].starts = false;
  const auto made = past.decide();
  REQUIRE(made.failed);
  CHECK(made.failed->message.ends_with("decided now: nothing"));
}

TEST_CASE("with accepted history the recorded words are folded, and nothing is compared") {
  recorded_flow past{{{Do::SAY, "now"}, {Do::CANCEL_BELL, ""}}};
  const auto made = past.decide(true);
  CHECK_FALSE(made.failed);
  CHECK(made.reactions.empty());
  CHECK(made.cancellations.empty());
  CHECK(made.checkpoint.cancelled(0).type() == "Bell");
  CHECK(lines_of<Diary>(past.flow) == lines{"Act a @0 t0", "Word then1 @own t0"});
}

TEST_CASE("with accepted history done still ends the life") {
  recorded_flow past{{{Do::DONE, ""}}};
  const auto made = past.decide(true);
  CHECK(made.checkpoint.done());
  CHECK(made.checkpoint.ended_size() == 1);
  CHECK(made.cancellations.empty());
}

TEST_CASE("behind the position of the reset everything is live, in the same batch") {
  recorded_flow past{{say, bell}};
  past.in.add(act("b", {{Do::SAY, "new"}, {Do::DONE, ""}}));
  auto seen = past.in.take_recorded();
  REQUIRE(past.flow.load(until(0), {}));
  const auto made = past.flow.run(std::vector{seen[0], seen[1], seen[3]});
  CHECK_FALSE(made.failed);
  REQUIRE(made.reactions.size() == 1);
  CHECK(made.reactions[0].cause == position{3});
  CHECK(made.cancellations.size() == 1);
  CHECK_FALSE(made.checkpoint.has_replay_until());
}

TEST_CASE("a skipped event is passed by again, whatever is recorded of it") {
  recorded_flow past{{{Do::THROW, ""}}};
  auto from = until(0);
  from.add_skipped()->set_position(0);
  from.set_skipped_count(1);
  REQUIRE(past.flow.load(from, {}));
  const auto made = past.flow.run(std::vector{past.in.take_recorded()[0]});
  CHECK_FALSE(made.failed);
  CHECK(made.checkpoint.position() == 0);
  CHECK(made.checkpoint.skipped_count() == 1);
  CHECK_FALSE(made.checkpoint.has_life());
}

TEST_CASE("skipping a divergence passes it by, and the flow goes on deciding again") {
  recorded_flow past{{{Do::SAY, "now"}, bell}};
  REQUIRE(past.flow.load(until(5), {}));
  const auto made = past.flow.skip(position{0}, "divergence");
  CHECK(made.checkpoint.position() == 0);
  CHECK(made.checkpoint.replay_until() == 5);
  CHECK(past.flow.skip(position{5}, "divergence").checkpoint.has_replay_until() == false);
}

TEST_CASE("skips are kept in order of positions, also those that a reset finds later") {
  runner flow{topic, key};
  v1::Checkpoint from;
  from.add_skipped()->set_position(4);
  REQUIRE(flow.load(from, {}));
  const auto made = flow.skip(position{2}, "bad");
  REQUIRE(made.checkpoint.skipped_size() == 2);
  CHECK(made.checkpoint.skipped(0).position() == 2);
  CHECK(made.checkpoint.skipped(0).error() == "bad");
  CHECK(made.checkpoint.skipped(1).position() == 4);
}

TEST_CASE("a state that was imported as JSON is loaded, and saved as its own bytes") {
  v1::Checkpoint imported;
  imported.set_position(3);
  imported.set_life(1);
  imported.set_snapshot(3);
  imported.set_state_json(true);
  runner flow{topic, key};
  REQUIRE(flow.load(imported, R"({"lines":["from before"]})"));
  CHECK(lines_of<Diary>(flow) == lines{"from before"});
  inbox in;
  in.leave_hole(4);
  in.add(act("a"));
  const auto made = flow.run(in.take());
  CHECK_FALSE(made.checkpoint.state_json());
  REQUIRE(made.state);
  CHECK(*made.state == encode_deterministic(*flow.state()));
}

TEST_CASE("an imported state that is no such message is corrupt") {
  v1::Checkpoint imported;
  imported.set_life(1);
  imported.set_state_json(true);
  runner flow{topic, key};
  const auto loaded = flow.load(imported, R"({"line":1})");
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == errc::corrupt);
  CHECK(
      loaded.error().message.starts_with("Diary|x: the imported state does not decode as "
                                         "millrace.test.Diary: the JSON is not a Diary:"));
  CHECK_FALSE(flow.load(imported, "{"));
}
