// When a turn carries the state, and where the state changed last.
#include <catch2/catch.hpp>

#include "unit/flow/diary.hpp"
#include "unit/flow/recorded.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

const flow_type topic = describe<diary>();
const flow_key key{"Diary", "x"};
constexpr int large = 100'000;

Act growing(int bytes) {
  auto made = act("g");
  made.set_grow(bytes);
  return made;
}

/// A diary with a large state that was just saved, at position 0.
runner make_large(inbox& in) {
  in.add(growing(large));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  CHECK(made.state->size() > large);
  return flow;
}

/// Has no given, and what it makes the diary say goes to somebody else.
Chime silent_chime() {
  auto made = of<Chime>("c");
  made.set_id("somebody else");
  return made;
}

struct stateless {
  static constexpr std::string_view name = "Stateless";
  using observes = events<Act>;
  void when(const Act&, reactions&) const {}
};

}  // namespace

TEST_CASE("a small state is in every turn") {
  inbox in;
  in.add(act("a"));
  in.add(of<Chime>("c"));
  runner flow{topic, key};
  CHECK(flow.run(in.take(0, 1)).state);
  const auto made = flow.run(in.take(1));
  REQUIRE(made.state);
  CHECK(made.checkpoint.snapshot() == 1);
}

TEST_CASE("a state that outgrows small is saved, and then waits") {
  inbox in;
  in.add(act("a"));
  in.add(growing(large));
  in.add(act("b"));
  runner flow{topic, key};
  CHECK(flow.run(in.take(0, 1)).state);
  CHECK(flow.run(in.take(1, 1)).state);
  const auto made = flow.run(in.take(2));
  CHECK_FALSE(made.state);
  CHECK(made.checkpoint.snapshot() == 1);
  CHECK(made.checkpoint.position() == 2);
}

TEST_CASE("a large state is saved when the events since weigh as much") {
  inbox in;
  auto flow = make_large(in);
  std::size_t weight = 0;
  std::size_t turns = 0;
  turn made;
  while (!made.state) {
    weight += in.add(act(std::string(5000, 'l'))).payload.size();
    made = flow.run(in.take(in.size() - 1));
    ++turns;
  }
  CHECK(weight >= large * 9 / 10);
  CHECK(turns < 22);
  CHECK(made.checkpoint.snapshot() == made.checkpoint.position());
}

TEST_CASE("a life that ends or begins is always saved") {
  inbox in;
  auto flow = make_large(in);
  in.add(act("end", {{Do::DONE, ""}}));
  in.add(growing(large));
  const auto ended = flow.run(in.take(1, 1));
  CHECK(ended.state == "");
  CHECK(ended.checkpoint.snapshot() == 1);
  CHECK(ended.checkpoint.changed() == 1);
  CHECK(flow.run(in.take(2)).state->size() > large);
}

TEST_CASE("a turn with a cancelled firing is always saved") {
  inbox in;
  in.add(growing(large));
  in.add(act("a", {{Do::BELL, "b"}}));
  in.add(act("c", {{Do::CANCEL_BELL, ""}}));
  runner flow{topic, key};
  const auto made = flow.run(in.take());
  in.add(act("d"));
  CHECK_FALSE(flow.run(in.take(3)).state);
  in.add_firing<Bell>(made.reactions[0]);
  CHECK(flow.run(in.take(4)).state);
}

TEST_CASE("a flow without state saves none and its snapshot goes along") {
  const flow_type type = describe<stateless>();
  inbox in{flow_key{"Stateless"}};
  in.add(act("a"));
  in.add(act("b"));
  runner flow{type, flow_key{"Stateless"}};
  const auto made = flow.run(in.take());
  CHECK(made.state == "");
  CHECK(made.checkpoint.snapshot() == 1);
  CHECK_FALSE(made.checkpoint.has_changed());
}

TEST_CASE("changed is the last event of the turn whose given ran") {
  inbox in;
  in.add(act("a"));
  in.add(act("b"));
  in.add(silent_chime());
  runner flow{topic, key};
  CHECK(flow.run(in.take()).checkpoint.changed() == 1);
}

TEST_CASE("a turn that folds nothing keeps changed") {
  inbox in;
  in.add(act("a"));
  in.add(silent_chime());
  runner flow{topic, key};
  (void)flow.run(in.take(0, 1));
  CHECK(flow.run(in.take(1)).checkpoint.changed() == 0);
}

TEST_CASE("a given that changes no byte keeps changed") {
  const flow_type type = describe<reader>();
  inbox in{flow_key{"Reader", "x"}};
  in.add(act("a"));
  in.add(of<Word>("w"));
  in.add(of<Word>("w"));
  runner flow{type, flow_key{"Reader", "x"}};
  CHECK(flow.run(in.take(0, 2)).checkpoint.changed() == 1);
  CHECK(flow.run(in.take(2)).checkpoint.changed() == 1);
}

TEST_CASE("an own word changes the state at its cause") {
  inbox in;
  in.leave_hole(4);
  in.add(of<Chime>("c"));
  runner flow{topic, key};
  CHECK(flow.run(in.take()).checkpoint.changed() == 4);
}

TEST_CASE("a large state counts as changed when a given ran, saved or not") {
  inbox in;
  auto flow = make_large(in);
  in.add(act("a"));
  in.add(Unheard{});
  CHECK(flow.run(in.take(1, 1)).checkpoint.changed() == 1);
  CHECK(flow.run(in.take(2)).checkpoint.changed() == 1);
}

TEST_CASE("equal states have equal bytes, whatever the order of their maps") {
  Diary one;
  Diary other;
  for (int i = 0; i < 100; ++i) (*one.mutable_counts())[std::to_string(i)] = i;
  for (int i = 99; i >= 0; --i) (*other.mutable_counts())[std::to_string(i)] = i;
  CHECK(encode_deterministic(one) == encode_deterministic(other));
}

TEST_CASE("a skip passes the event by, says why and is saved") {
  inbox in;
  auto flow = make_large(in);
  in.add(act("bad"));
  in.add(act("good"));
  const auto made = flow.skip({1}, "it was bad");
  CHECK(made.handled == 1);
  CHECK(made.checkpoint.position() == 1);
  CHECK(made.checkpoint.snapshot() == 1);
  CHECK(made.checkpoint.changed() == 0);
  REQUIRE(made.checkpoint.skipped_size() == 1);
  CHECK(made.checkpoint.skipped(0).position() == 1);
  CHECK(made.checkpoint.skipped(0).error() == "it was bad");
  CHECK(made.checkpoint.skipped_count() == 1);
  CHECK(made.state->size() > large);
  (void)flow.run(in.take(1));
  CHECK(lines_of<Diary>(flow).back() == "Act good @2 t2");
}

TEST_CASE("of the skips the newest are kept, and all are counted") {
  runner flow{topic, key};
  v1::Checkpoint last;
  for (std::uint64_t i = 0; i < limits::skips_kept_max + 5; ++i) {
    last = flow.skip({i}, std::string(10'000, 'e')).checkpoint;
  }
  CHECK(last.skipped_size() == static_cast<int>(limits::skips_kept_max));
  CHECK(last.skipped(0).position() == 5);
  CHECK(last.skipped_count() == limits::skips_kept_max + 5);
  CHECK(last.ByteSizeLong() < 64 * 1024);
}
