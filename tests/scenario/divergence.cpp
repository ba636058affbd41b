// A topic whose code changed decides again: where it decides otherwise, it stops and says so.
#include <catch2/catch.hpp>

#include <algorithm>

#include "flow/matching.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using shop::note;
using shop::Noted;

namespace {

/// Answers every note with one that is `step` larger, and every fourth with a reminder.
struct answerer {
  static constexpr std::string_view name = "Answerer";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }

  explicit answerer(const std::int64_t* by) : step(by) {}
  void given(const Noted& e) { shop::add_to(state, e); }
  void when(const Noted& e, reactions& then) const {
    if (e.text() == "answer") return;
    then.emit<Noted>() = note(e.key(), e.number() + *step, "answer");
    if (e.number() % 4 == 3) then.emit_after<Noted>(10min) = note(e.key(), -1, "answer");
  }
  shop::Notes state;
  const std::int64_t* step;
};

const flow_key key{"Answerer", "a"};

struct answers {
  std::int64_t step = 10;
  host_test test;

  answers() {
    test.add<answerer>({.flush = flush_every(2)}, &step);
    for (std::int64_t i = 0; i < 6; ++i) test.append(note("a", i));
    test.append(note("b", 1));
  }
  void reset_with(std::int64_t changed, bool accepts = false) {
    step = changed;
    REQUIRE(test.running().reset(key, {.accept_history = accepts}));
    test.run();
  }
  std::vector<std::int64_t> seen() { return shop::numbers(test.read<answerer>("a")->state); }
};

}  // namespace

TEST_CASE("a topic that decides otherwise stops with both decisions, and appends nothing") {
  answers all;
  const auto tail = all.test.running().tail();
  all.reset_with(20);
  const auto flow = all.test.flow(key);
  CHECK(flow.status == flow_status::stopped);
  CHECK(flow.error_position == position{0});
  CHECK(flow.error_message ==
        R"(divergence at 0: reaction 0 is not what is recorded; recorded: Noted {"key":"a",)"
        R"("number":"10","text":"answer"} at 1; decided now: Noted {"key":"a","number":"20",)"
        R"("text":"answer"})");
  CHECK(is_divergence(flow.error_message));
  CHECK(all.test.running().tail() == tail);
  CHECK(all.test.flow(flow_key{"Answerer", "b"}).status == flow_status::idle);
}

TEST_CASE("with the old code back, retry goes on silently to where the flow was, and then live") {
  answers all;
  const auto seen = all.seen();
  const auto tail = all.test.running().tail();
  all.reset_with(20);
  all.test.crash_and_restart();
  all.step = 10;
  REQUIRE(all.test.running().retry(key));
  all.test.run();
  CHECK(all.seen() == seen);
  CHECK(all.test.running().tail() == tail);
  all.test.append(note("a", 50));
  CHECK(all.seen().back() == 60);
}

TEST_CASE("a divergence that is skipped leaves that event out, and the rest is compared") {
  answers all;
  const auto tail = all.test.running().tail();
  all.reset_with(20);
  REQUIRE(all.test.running().skip(key));
  all.test.run();
  CHECK(all.test.flow(key).error_position == position{2});
  CHECK(all.test.flow(key).skipped == 1);
  CHECK(all.test.running().tail() == tail);
}

TEST_CASE(
    "with accepted history the recorded reactions are taken, and new ones are the new code's") {
  answers all;
  const auto seen = all.seen();
  const auto tail = all.test.running().tail();
  all.reset_with(20, true);
  CHECK(all.test.flow(key).status == flow_status::idle);
  CHECK(all.seen() == seen);
  CHECK(all.test.running().tail() == tail);
  all.test.append(note("a", 50));
  CHECK(all.seen().back() == 70);
}

TEST_CASE("after a divergence the history can still be accepted") {
  answers all;
  const auto seen = all.seen();
  all.reset_with(20);
  REQUIRE(all.test.flow(key).status == flow_status::stopped);
  all.reset_with(20, true);
  CHECK(all.test.flow(key).status == flow_status::idle);
  CHECK(all.seen() == seen);
}

TEST_CASE("timers that were set then fire once, for a flow that decided again") {
  answers all;
  all.reset_with(10);
  all.test.advance(10min);
  const auto seen = all.seen();
  CHECK(std::count(seen.begin(), seen.end(), -1) == 1);
  all.reset_with(10);
  CHECK(all.seen() == seen);
}
