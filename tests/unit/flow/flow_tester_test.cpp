#include <catch2/catch.hpp>

#include "millrace/flow_test.hpp"
#include "unit/flow/diary.hpp"

using namespace millrace;
using namespace millrace::test;
using namespace std::chrono_literals;
using Catch::Matchers::Message;

namespace {

/// One instance, with a fixed setting; says a word when it is told to.
struct parrot {
  static constexpr std::string_view name = "Parrot";
  using observes = events<Act, Word>;
  explicit parrot(int times) : times_(times) {}
  void given(const Word& e) { state.add_lines(e.tag()); }
  void when(const Act& e, reactions& then) const {
    for (int i = 0; i < times_; ++i) then.emit<Word>().set_tag(e.tag());
  }
  void when(const Word&, reactions& then) const { then.emit<Unheard>(); }
  Diary state;

 private:
  int times_;
};

Word word(std::string tag) {
  auto made = of<Word>(std::move(tag));
  return made;
}

Word spoken(std::string tag) {
  Word made;
  made.set_tag(std::move(tag));
  return made;
}

}  // namespace

TEST_CASE("given folds and decides nothing") {
  flow_test<diary> test;
  test.given(act("a", {{Do::SAY, "w"}})).then_nothing_else();
  CHECK(test.state().lines_size() == 1);
}

TEST_CASE("when decides, and its reactions are taken in order") {
  flow_test<diary> test;
  test.given(act("a"))
      .when(act("b", {{Do::SAY, "v"}, {Do::BELL, "333"}, {Do::CANCEL_CHIME, ""}}))
      .then(word("v2"))
      .then_after(3min, of<Bell>("333"))
      .then_cancelled<Chime>()
      .then_nothing_else();
}

TEST_CASE("done ends the flow, and the next starts begins anew") {
  flow_test<diary> test;
  test.when(act("a", {{Do::DONE, ""}})).then_done().then_nothing_else();
  CHECK(test.state().lines_size() == 0);
  test.when(joining(act("lost", {{Do::UNHEARD, ""}}))).then_nothing_else();
  test.when(act("b", {{Do::SAY, "w"}})).then(word("w1")).then_nothing_else();
}

TEST_CASE("a query's end is done too") {
  flow_test<reader> test;
  test.given(act("a")).when(act("end")).then_done().then_nothing_else();
}

TEST_CASE("virtual time starts in 2025 and moves as told") {
  flow_test<diary> test;
  test.given(act("a")).after(2h).given(act("b"));
  CHECK(test.state().lines(0) == "Act a @0 t28928160");
  CHECK(test.state().lines(1) == "Act b @1 t28928280");
}

TEST_CASE("settings reach the flow, and own words count at once") {
  flow_test<parrot> test{2};
  test.when(act("hello")).then(spoken("hello")).then(spoken("hello")).then_nothing_else();
  CHECK(test.state().lines_size() == 2);
}

TEST_CASE("an own word that arrives is not folded twice, but its when runs") {
  flow_test<parrot> test{1};
  test.when(act("hello")).then(spoken("hello"));
  test.when(spoken("hello")).then(Unheard{}).then_nothing_else();
  CHECK(test.state().lines_size() == 1);
  test.given(spoken("from outside"));
  CHECK(test.state().lines_size() == 2);
}

TEST_CASE("a timer that was cancelled passes by") {
  flow_test<diary> test;
  test.when(act("a", {{Do::BELL, "b"}})).when(act("c", {{Do::CANCEL_BELL, ""}}));
  test.after(1min).when(of<Bell>("b"));
  CHECK(test.state().lines_size() == 2);
  test.given(of<Bell>("another"));
  CHECK(test.state().lines_size() == 3);
}

TEST_CASE("another emission than expected is shown beside it") {
  flow_test<diary> test;
  test.when(act("a", {{Do::SAY, "v"}}));
  CHECK_THROWS_MATCHES(
      test.then(word("w1")), flow_test_failure,
      Message(
          R"(expected Word {id: "x" tag: "w1"}, but the flow emitted Word {id: "x" tag: "v1"})"));
}

TEST_CASE("an emission at another time than expected is shown with it") {
  flow_test<diary> test;
  test.when(act("a", {{Do::BELL, "b"}}));
  CHECK_THROWS_MATCHES(
      test.then_after(90s, of<Bell>("b")), flow_test_failure,
      Message(R"(expected Bell {id: "x" tag: "b"} after 90s, but the flow emitted )"
              R"(Bell {id: "x" tag: "b"} after 60s)"));
  CHECK_THROWS_AS(test.then(of<Bell>("b")), flow_test_failure);
}

TEST_CASE("an expected emission that is missing is named, and why") {
  flow_test<diary> test;
  test.when(joining(act("a")));
  CHECK_THROWS_MATCHES(test.then(Unheard{}), flow_test_failure,
                       Message("expected Unheard {}, but the event passed the flow by: there is no "
                               "living instance"));
  test.when(act("a"));
  CHECK_THROWS_MATCHES(test.then(Unheard{}), flow_test_failure,
                       Message("expected Unheard {}, but there is no further emission"));
  CHECK_THROWS_AS(test.then_done(), flow_test_failure);
  CHECK_THROWS_AS(test.then_cancelled<Bell>(), flow_test_failure);
}

TEST_CASE("what was not expected is listed") {
  flow_test<diary> test;
  test.when(act("a", {{Do::UNHEARD, ""}, {Do::CANCEL_BELL, ""}, {Do::BELL, "b"}}));
  CHECK_THROWS_MATCHES(test.then_nothing_else(), flow_test_failure,
                       Message("expected nothing else, but there is:\n  Unheard\n"
                               "  Bell {id: \"x\" tag: \"b\"} after 60s\n"
                               "  timers of Bell cancelled"));
}

TEST_CASE("a handler that throws fails the test with its words") {
  flow_test<diary> test;
  CHECK_THROWS_MATCHES(test.when(act("a", {{Do::THROW, ""}})), flow_test_failure,
                       Catch::Matchers::Predicate<flow_test_failure>([](const auto& thrown) {
                         return std::string_view{thrown.what()}.ends_with("throws: when of a");
                       }));
  CHECK_THROWS_AS(test.when(act("b")), flow_test_failure);
}

TEST_CASE("an event of another instance, or that is not observed, fails the test") {
  flow_test<diary> test;
  test.given(act("a"));
  auto elsewhere = of<Word>("w");
  elsewhere.set_id("y");
  CHECK_THROWS_MATCHES(
      test.when(elsewhere), flow_test_failure,
      Message(R"(Word {id: "y" tag: "w"} is not routed to Diary|x, the instance of this test)"));
  CHECK_THROWS_MATCHES(test.when(Unheard{}), flow_test_failure,
                       Message("Diary does not observe millrace.test.Unheard"));
}

TEST_CASE("the state of a flow that has not begun is the default one") {
  const flow_test<diary> test;
  CHECK(test.state().lines_size() == 0);
}
