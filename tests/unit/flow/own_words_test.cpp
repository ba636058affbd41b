#include <catch2/catch.hpp>

#include "unit/flow/diary.hpp"
#include "unit/flow/recorded.hpp"

using namespace millrace;
using namespace millrace::test;
using lines = std::vector<std::string>;

namespace {

const flow_type topic = describe<diary>();

/// One instance of all: its own words reach it without a route.
struct monologue {
  static constexpr std::string_view name = "Monologue";
  using observes = events<Act, Word>;
  void given(const Word& e) { state.add_lines(e.tag()); }
  void when(const Act& e, reactions& then) const { then.emit<Word>().set_tag(e.tag()); }
  Diary state;
};

}  // namespace

TEST_CASE("own words are folded right after their cause, in order, with its time and no position") {
  inbox in;
  in.leave_hole(3);
  in.add(act("a", {{Do::SAY, "v"}, {Do::SAY, "w"}}));
  in.add(act("b"));
  runner flow{topic, flow_key{"Diary", "x"}};
  (void)flow.run(in.take());
  CHECK(lines_of<Diary>(flow) ==
        lines{"Act a @3 t3", "Word v1 @own t3", "Word w1 @own t3", "Act b @4 t4"});
}

TEST_CASE("an own word that arrives is not folded again, but its when runs") {
  inbox in;
  in.add(act("a", {{Do::SAY, "w"}}));
  runner flow{topic, flow_key{"Diary", "x"}};
  auto made = flow.run(in.take());
  auto& word = in.add_own<Word>(made.reactions[0]);
  Word deciding;
  deciding.ParseFromString(word.payload);
  auto& say = *deciding.add_does();
  say.set_kind(Do::TELL);
  say.set_tag("y");
  word.body->CopyFrom(deciding);

  made = flow.run(in.take(1));
  CHECK(lines_of<Diary>(flow) == lines{"Act a @0 t0", "Word w1 @own t0"});
  REQUIRE(made.reactions.size() == 1);
  CHECK(made.reactions[0].cause == position{1});
}

TEST_CASE("an own word for another instance is not folded here") {
  inbox in;
  in.add(act("a", {{Do::TELL, "y"}}));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  CHECK(made.reactions.size() == 1);
  CHECK(lines_of<Diary>(flow).size() == 1);
}

TEST_CASE("a scheduled event is not folded when it is set, but when it fires") {
  inbox in;
  in.add(act("a", {{Do::BELL, "bell"}}));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  CHECK(lines_of<Diary>(flow).size() == 1);
  in.add_firing<Bell>(made.reactions[0]);
  (void)flow.run(in.take(1));
  CHECK(lines_of<Diary>(flow) == lines{"Act a @0 t0", "Bell bell @1 t1"});
}

TEST_CASE("an own word of a former life is folded like anybody's") {
  inbox in;
  in.add(act("a", {{Do::SAY, "w"}, {Do::DONE, ""}}));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  in.add(act("b"));
  in.add_own<Word>(made.reactions[0]);
  (void)flow.run(in.take(1));
  CHECK(lines_of<Diary>(flow) == lines{"Act b @1 t1", "Word w1 @2 t2"});
}

TEST_CASE("an own word that starts a new life is folded in it") {
  inbox in;
  in.add(act("a", {{Do::SAY, "w"}, {Do::DONE, ""}}));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  in.add_own<Word>(made.reactions[0], true);
  const auto next = flow.run(in.take(1));
  CHECK(next.checkpoint.life() == 1);
  CHECK(lines_of<Diary>(flow) == lines{"Word w1 @1 t1"});
}

TEST_CASE("the same word from another instance is folded") {
  inbox in;
  in.add(act("a"));
  auto& word = in.add(of<Word>("w"));
  word.envelope.set_emitter("Diary|y");
  word.envelope.set_cause(0);
  runner flow{topic, flow_key{"Diary", "x"}};
  (void)flow.run(in.take());
  CHECK(lines_of<Diary>(flow).size() == 2);
}

TEST_CASE("a single instance hears all of its own words at once") {
  const flow_type type = describe<monologue>();
  inbox in{flow_key{"Monologue"}};
  in.add(act("a"));
  runner flow{type, flow_key{"Monologue"}};
  const auto made = flow.run(in.take());
  CHECK(lines_of<Diary>(flow) == lines{"a"});
  CHECK(made.checkpoint.changed() == 0);
  in.add_own<Word>(made.reactions[0], true);
  (void)flow.run(in.take(1));
  CHECK(lines_of<Diary>(flow) == lines{"a"});
}

TEST_CASE("an emission that nobody here observes is recorded and not folded") {
  inbox in;
  in.add(act("a", {{Do::UNHEARD, ""}}));
  runner flow{topic, flow_key{"Diary", "x"}};
  const auto made = flow.run(in.take());
  REQUIRE(made.reactions.size() == 1);
  CHECK(made.reactions[0].type == "Unheard");
  CHECK(lines_of<Diary>(flow).size() == 1);
}
