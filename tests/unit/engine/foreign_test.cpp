// Turns that another process decided, in a group.
#include <deque>

#include "engine/group.hpp"
#include "unit/engine/requested.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

struct foreign_turns : stored_words {
  id_window ids;
  fences known;
  block_cutter memory;
  std::deque<flow_commit> kept;
  std::optional<group> open;

  foreign_turns() {
    begin();
    append_request three;
    three.events = {word("a"), word("b"), word("c")};
    auto laid_out = encoded(three);
    REQUIRE(open->add(laid_out));
    commit();
  }
  void begin() {
    open.emplace(group_surroundings{stored, types, interest, ids, known, memory}, stored.tail(),
                 minute(0));
  }
  void commit() {
    REQUIRE(stored.commit(open->batch()));
    begin();
  }
  result<void> add(flow_commit request) { return open->add(kept.emplace_back(std::move(request))); }
};

foreign_reaction emits(std::uint64_t cause, std::uint32_t ordinal = 0) {
  foreign_reaction made{.what = word("x"), .ordinal = ordinal, .depth = 3};
  made.what.cause = position{cause};
  made.what.routes = explicit_routes{flow_key{"Other", "y"}};
  return made;
}

}  // namespace

TEST_CASE_METHOD(foreign_turns, "reactions from elsewhere say who emitted them, and keep routes") {
  auto request = turn_at(1);
  request.decided.state = "{}";
  request.elsewhere = {emits(0), emits(1, 2)};
  REQUIRE(add(request));
  commit();
  CHECK(lines(3) == texts{"Word <- 0", "Word <- 1"});
  const auto envelope = envelope_at(4);
  CHECK(envelope.emitter() == "Words|a");
  CHECK(envelope.ordinal() == 2);
  CHECK(envelope.depth() == 3);
  CHECK(envelope.routes().keys(0) == "Other|y");
  CHECK((*stored.load(flow_number{0}))->state == "{}");
}

TEST_CASE_METHOD(foreign_turns,
                 "a turn from elsewhere that follows another checkpoint is nowhere") {
  auto request = turn_at(1, position{0});
  request.elsewhere = {emits(1)};
  CHECK(add(request).error().code == errc::conflict);
  CHECK(open->batch().empty());
}

TEST_CASE_METHOD(foreign_turns, "a timer from elsewhere is on the schedule of its flow") {
  auto timer = emits(0);
  timer.what.due = minute(5);
  auto request = turn_at(0);
  request.elsewhere = {timer};
  REQUIRE(add(request));
  commit();
  const auto set = stored.timers_of(flow_key{"Words", "a"});
  REQUIRE(set);
  REQUIRE(set->size() == 1);
  CHECK(set->front().set_by == position{0});
}
