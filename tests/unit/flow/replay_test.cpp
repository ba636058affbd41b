#include <catch2/catch.hpp>

#include "unit/flow/diary.hpp"
#include "unit/flow/recorded.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

const flow_type topic = describe<diary>();
const flow_key key{"Diary", "x"};

/// A flow with a large state at position 0, and what its last turns left in the store.
struct stored_flow {
  inbox in;
  runner flow{topic, key};
  std::string state;
  v1::Checkpoint checkpoint;

  stored_flow() {
    auto first = act("first");
    first.set_grow(100'000);
    in.add(first);
    run();
  }
  turn run() {
    auto made = flow.run(in.take());
    if (made.state) state = *made.state;
    checkpoint = made.checkpoint;
    return made;
  }
  runner recover() {
    runner again{topic, key};
    CHECK(again.load(checkpoint, state));
    for (const auto& seen : in.take_recorded()) CHECK(again.replay(seen));
    return again;
  }
};

}  // namespace

TEST_CASE("a load begins where the checkpoint says, with its life and state") {
  stored_flow stored;
  runner again{topic, key};
  REQUIRE(again.load(stored.checkpoint, stored.state));
  CHECK(again.alive());
  CHECK(lines_of<Diary>(again) == lines_of<Diary>(stored.flow));
}

TEST_CASE("a flow that is not alive loads without an instance") {
  v1::Checkpoint done;
  done.set_position(4);
  done.set_done(true);
  runner flow{topic, key};
  REQUIRE(flow.load(done, "not even looked at"));
  CHECK_FALSE(flow.alive());
  CHECK(flow.state() == nullptr);
}

TEST_CASE("a state that does not decode is corrupt") {
  v1::Checkpoint alive;
  alive.set_life(0);
  runner flow{topic, key};
  const auto loaded = flow.load(alive, "\xFF\xFF");
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == errc::corrupt);
  CHECK(loaded.error().message ==
        "Diary|x: the stored state does not decode as millrace.test.Diary");
}

TEST_CASE("replay folds events and own words exactly as they were, and decides nothing") {
  stored_flow stored;
  stored.in.add(act("a", {{Do::SAY, "v"}, {Do::BELL, "b"}, {Do::TELL, "y"}, {Do::SAY, "w"}}));
  const auto made = stored.run();
  REQUIRE(made.reactions.size() == 4);
  REQUIRE_FALSE(made.state);
  stored.in.add_own<Word>(made.reactions[0]);
  stored.in.add_own<Bell>(made.reactions[1]).envelope.set_due(1);
  stored.in.add_own<Word>(made.reactions[2]);
  stored.in.add_own<Word>(made.reactions[3]);
  stored.in.add_firing<Bell>(made.reactions[1]);
  // The inbox of this instance has neither the entry nor the word to somebody else.
  auto seen = stored.in.take_recorded();
  seen.erase(seen.begin() + 3, seen.begin() + 5);
  const auto rest = stored.flow.run(seen);
  REQUIRE_FALSE(rest.state);

  runner again{topic, key};
  REQUIRE(again.load(rest.checkpoint, stored.state));
  for (const auto& one : seen) REQUIRE(again.replay(one));
  CHECK(encode_deterministic(*again.state()) == encode_deterministic(*stored.flow.state()));
  CHECK(lines_of<Diary>(again).size() == 5);
}

TEST_CASE("replay ignores what the snapshot holds and what the checkpoint does not reach") {
  stored_flow stored;
  stored.in.add(act("a"));
  stored.run();
  stored.in.add(act("b"));
  auto again = stored.recover();
  CHECK(lines_of<Diary>(again).size() == 2);
}

TEST_CASE("a flow that was replayed goes on as if it had never stopped") {
  stored_flow stored;
  stored.in.add(act("a", {{Do::SAY, "w"}}));
  const auto made = stored.run();
  stored.in.add_own<Word>(made.reactions[0]);
  auto again = stored.recover();
  stored.in.add(act("b", {{Do::SAY, "n"}}));
  const auto one = again.run(stored.in.take());
  const auto other = stored.flow.run(stored.in.take());
  REQUIRE(one.reactions.size() == 1);
  CHECK(one.reactions[0].payload == other.reactions[0].payload);
  CHECK(one.checkpoint.SerializeAsString() == other.checkpoint.SerializeAsString());
}

TEST_CASE("a handler that throws in a replay only is corrupt") {
  stored_flow stored;
  auto& later = stored.in.add(act("a"));
  stored.run();
  static_cast<Act&>(*later.body).set_given_throws(true);
  runner again{topic, key};
  REQUIRE(again.load(stored.checkpoint, stored.state));
  const auto replayed = again.replay(stored.in.take(1)[0]);
  REQUIRE_FALSE(replayed);
  CHECK(replayed.error().code == errc::corrupt);
  CHECK(replayed.error().message == "Diary|x: replay of 1: given of a");
}
