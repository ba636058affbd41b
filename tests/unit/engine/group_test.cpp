#include <deque>

#include "engine/group.hpp"

#include "unit/engine/requested.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

/// One group after the other, over one store.
struct groups : stored_words {
  id_window ids;
  fences known;
  std::optional<group> open;
  timestamp now = minute(0);

  block_cutter memory;
  std::deque<journal_request> kept;  // what is in a group outlives it
  std::deque<encoded_append> appends;

  groups() { begin(); }
  auto add(const append_request& request) {
    return open->add(appends.emplace_back(encoded(request)));
  }
  template <class Request>
  auto add(Request request) {
    kept.emplace_back(std::move(request));
    return open->add(std::get<Request>(kept.back()));
  }
  void begin() {
    open.emplace(group_surroundings{stored, types, interest, ids, known, memory}, stored.tail(),
                 now);
  }
  void commit() {
    REQUIRE(stored.commit(open->batch()));
    for (const auto& one : open->batch().ids) ids.add(one);
    begin();
  }
  /// Events 0 to n - 1, so that there are causes.
  void events(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) REQUIRE(add(append_of({word("a")})));
    commit();
  }
};

errc code_of(const result<void>& outcome) {
  REQUIRE_FALSE(outcome);
  return outcome.error().code;
}

}  // namespace

TEST_CASE_METHOD(groups, "events are numbered from the tail on, in order of requests") {
  events(2);
  const auto first = append_of({word("a"), word("b")});
  const auto second = append_of({word("c")});
  CHECK(*add(first) == positions{{2}, {3}});
  CHECK(*add(second) == positions{{4}});
  CHECK(open->end() == position{5});
  CHECK(open->batch().events.size() == 3);
  const auto change = open->take_committed(true);
  CHECK(change->begin == position{2});
  CHECK(change->end == position{5});
  CHECK(change->events[2].at == position{4});
}

TEST_CASE_METHOD(groups, "what the appender says of an event is in its envelope") {
  auto one = word("a", "my id");
  one.cause = position{7};
  one.user = "me";
  one.correlation_id = "those";
  one.headers = {{"name", "value"}};
  one.routes = explicit_routes{flow_key{"Words", "z"}};
  const auto request = append_of({one});
  REQUIRE(add(request));
  commit();
  const auto envelope = envelope_at(0);
  CHECK(envelope.id() == "my id");
  CHECK(envelope.cause() == 7);
  CHECK(envelope.user() == "me");
  CHECK(envelope.correlation_id() == "those");
  CHECK(envelope.headers(0).value() == "value");
  CHECK(envelope.routes().keys(0) == "Words|z");
}

TEST_CASE_METHOD(groups, "an id that is repeated within a call, a group, or later is one event") {
  const auto request = append_of({word("a", "1"), word("a", "2"), word("a", "1")});
  CHECK(*add(request) == positions{{0}, {1}, {0}});
  CHECK(*add(request) == positions{{0}, {1}, {0}});
  commit();
  const auto mixed = append_of({word("a", "2"), word("a", "3"), word("a")});
  CHECK(*add(mixed) == positions{{1}, {2}, {3}});
  commit();
  CHECK(stored.tail() == position{4});
}

TEST_CASE_METHOD(groups,
                 "the tail must be where the condition says, events of the group included") {
  auto request = append_of({word("a")});
  request.condition.tail = position{0};
  REQUIRE(add(request));
  const auto refused = add(request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(refused.error().message == "the tail is 1, not 0");
  CHECK(open->batch().events.size() == 1);
  request.condition.tail = position{1};
  CHECK(*add(request) == positions{{1}});
}

TEST_CASE_METHOD(groups, "a repeat by id is not asked for its condition, a part of one is") {
  auto request = append_of({word("a", "1")});
  request.condition.tail = position{0};
  REQUIRE(add(request));
  CHECK(*add(request) == positions{{0}});
  request.conflict = error{errc::conflict, "the router says no"};
  CHECK(*add(request) == positions{{0}});
  request.events.push_back(word("a", "2"));
  CHECK(add(request).error().message == "the router says no");
}

TEST_CASE_METHOD(groups, "a flow's latest holds until an event that may reach it") {
  events(1);
  auto request = append_of({word("other")});
  request.condition.flow_latest = {flow_key{"Words", "a"}, position{0}};
  request.routed = {1};
  REQUIRE(add(request));
  commit();
  REQUIRE(add(request));  // what came since went elsewhere
  const auto reaching = append_of({word("a")});
  REQUIRE(add(reaching));
  CHECK(add(request).error().code == errc::conflict);  // in this group
  commit();
  const auto refused = add(request);  // in the store
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(refused.error().message == "events for Words|a came after position 0");
  request.routed = stored.tail();
  CHECK(add(request));
}

TEST_CASE_METHOD(groups,
                 "a turn is fenced by the checkpoint before it, in the store and the group") {
  events(3);
  CHECK(code_of(add(turn_at(0, position{0}))) == errc::conflict);
  const auto first = turn_at(0);
  REQUIRE(add(first));
  CHECK(code_of(add(turn_at(1))) == errc::conflict);
  const auto second = turn_at(1, position{0});
  REQUIRE(add(second));
  commit();
  CHECK((*stored.find_flow(flow_number{0}))->checkpoint.position() == 1);
  CHECK(code_of(add(turn_at(2, position{0}))) == errc::conflict);
  CHECK(open->batch().empty());
  CHECK(add(turn_at(2, position{1})));
}

TEST_CASE_METHOD(groups, "a refused turn leaves neither events nor a checkpoint") {
  events(1);
  auto turn = turn_at(0, position{5});
  turn.decided.reactions = {says(0, "Word"), sets(0, "Bell", 5)};
  turn.decided.cancellations = {{{0}, "Bell"}};
  const auto refused = add(turn);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "the checkpoint of Words|a is none, not 5");
  CHECK(open->batch().empty());
  CHECK(open->end() == position{1});
}

TEST_CASE_METHOD(groups, "of two turns in a group the later checkpoint and the last state remain") {
  events(3);
  auto first = turn_at(0);
  first.decided.state = "first";
  auto second = turn_at(1, position{0});
  REQUIRE(add(first));
  REQUIRE(add(second));
  CHECK(open->batch().checkpoints.size() == 1);
  commit();
  const auto loaded = *stored.load(flow_number{0});
  CHECK(loaded->checkpoint.position() == 1);
  CHECK(loaded->state == "first");
}

TEST_CASE_METHOD(groups, "reactions and cancellations are recorded in order of their causes") {
  events(3);
  auto turn = turn_at(2);
  turn.decided.reactions = {sets(0, "Bell", 5), says(1, "Word"), says(2, "Word", 0),
                            says(2, "Word", 1)};
  turn.decided.cancellations = {{{1}, "Bell"}, {{2}, "Bell"}};
  REQUIRE(add(turn));
  commit();
  // The second cancellation finds nothing left, and is not recorded.
  CHECK(lines(3) == texts{"Bell <- 0 set", "Word <- 1", "millrace.TimersCancelled <- 1 of 3",
                          "Word <- 2", "Word <- 2"});
  CHECK(scheduled().empty());
  CHECK(envelope_at(7).ordinal() == 1);
  CHECK(envelope_at(7).emitter() == "Words|a");
  CHECK(envelope_at(7).depth() == 1);
}

TEST_CASE_METHOD(groups,
                 "a cancellation spares its own cause's timers, other types and other flows") {
  events(3);
  auto outside = word("a");
  outside.due = minute(9);
  const auto external = append_of({outside});
  REQUIRE(add(external));  // 3
  auto first = turn_at(1);
  first.decided.reactions = {sets(0, "Bell", 5), sets(0, "Chime", 5),
                             sets(1, "Bell", 5)};  // 4, 5, 6
  REQUIRE(add(first));
  commit();
  auto second = turn_at(2, position{1});
  second.decided.cancellations = {{{1}, "Bell"}};
  REQUIRE(add(second));
  commit();
  CHECK(scheduled() == positions{{5}, {6}, {3}});
  CHECK(lines(7) == texts{"millrace.TimersCancelled <- 1 of 4"});

  auto third = turn_at(3, position{2});
  third.decided.cancellations = {{{3}, ""}};  // all types
  REQUIRE(add(third));
  commit();
  CHECK(scheduled() == positions{{3}});
  CHECK(lines(8) == texts{"millrace.TimersCancelled <- 3 of 5 6"});
}

TEST_CASE_METHOD(groups, "a firing is a copy with its entry as cause, and fires once") {
  events(1);
  now = minute(1);
  begin();
  auto turn = turn_at(0);
  auto timer = sets(0, "Bell", 5);
  timer.payload = "ding";
  timer.user = "me";
  turn.decided.reactions = {timer};
  REQUIRE(add(turn));
  commit();
  const fire_request fire{.due = {{1}, {1}}, .done = {}};
  REQUIRE(add(fire));
  REQUIRE(add(fire));
  commit();
  REQUIRE(add(fire));
  CHECK(open->batch().empty());
  CHECK(lines(1) == texts{"Bell <- 0 set", "Bell <- 1 fired"});
  CHECK(scheduled().empty());
  const auto envelope = envelope_at(2);
  CHECK_FALSE(envelope.has_due());
  CHECK(envelope.emitter().empty());
  CHECK(envelope.user() == "me");
  CHECK(envelope.timer().flow() == "Words|a");
  CHECK(envelope.timer().cause() == 0);
}

TEST_CASE_METHOD(groups,
                 "what is scheduled from outside fires without a timer and without its id") {
  auto one = word("a", "once");
  one.due = minute(5);
  const auto request = append_of({one});
  REQUIRE(add(request));
  const fire_request fire{.due = {{0}}, .done = {}};
  REQUIRE(add(fire));  // in the group that scheduled it
  commit();
  CHECK(lines() == texts{"Word set", "Word <- 0 fired"});
  CHECK(scheduled().empty());
  CHECK(envelope_at(1).id().empty());
  CHECK_FALSE(envelope_at(1).has_timer());
  CHECK(ids.find("once") == position{0});
}

TEST_CASE_METHOD(
    groups, "a timer that is cancelled in its group does not fire, one fired is not cancelled") {
  events(3);
  auto first = turn_at(1);
  first.decided.reactions = {sets(0, "Bell", 5), sets(0, "Chime", 5)};  // 3 and 4
  REQUIRE(add(first));
  const fire_request chime{.due = {{4}}, .done = {}};
  REQUIRE(add(chime));  // 5
  auto second = turn_at(2, position{1});
  second.decided.cancellations = {{{2}, ""}};
  REQUIRE(add(second));  // 6
  const fire_request both{.due = {{3}, {4}}, .done = {}};
  REQUIRE(add(both));
  commit();
  CHECK(lines(3) == texts{"Bell <- 0 set", "Chime <- 0 set", "Chime <- 4 fired",
                          "millrace.TimersCancelled <- 2 of 3"});
  CHECK(scheduled().empty());
}

TEST_CASE_METHOD(groups, "the router's progress is laid out with the rest") {
  events(1);
  derived_commit progress;
  progress.part.flows = {{flow_number{1}, flow_key{"Words", "b"}, {0}}};
  progress.part.postings = {{flow_number{1}, {{{0}, true}}}};
  progress.part.effects = {{{0}, {1}}};
  progress.part.flow_types.emplace_back().set_name("Words");
  progress.part.routed = position{1};
  REQUIRE(add(progress));
  const auto request = append_of({word("a")});
  REQUIRE(add(request));
  commit();
  CHECK((*stored.find_flow(flow_key{"Words", "b"}, first_build))->latest == position{0});
  CHECK(*stored.effects({0}) == positions{{1}});
  CHECK(stored.flow_types()->size() == 1);
  CHECK(*stored.routed() == position{1});
  CHECK(stored.tail() == position{2});
}

TEST_CASE_METHOD(groups,
                 "where ids are compared, one that stands for another event leaves no trace") {
  REQUIRE(add(append_of({word("a", "one")})));
  commit();
  const auto compared = [](std::vector<new_event> events) {
    auto made = append_of(std::move(events));
    made.compares = true;
    return made;
  };
  CHECK(*add(compared({word("a", "one"), word("b", "two")})) == positions{{0}, {1}});
  const auto other = add(compared({word("c", "three"), word("b", "one")}));
  CHECK(other.error().code == errc::conflict);
  CHECK(other.error().message.find("event 2 belongs to another event, at position 0") !=
        std::string::npos);
  CHECK_FALSE(add(compared({word("c", "two")})));                      // in this group
  CHECK_FALSE(add(compared({word("c", "four"), word("d", "four")})));  // in one call
  CHECK(*add(compared({word("c", "four"), word("c", "four")})) == positions{{2}, {2}});
  CHECK(open->end() == position{3});
}

TEST_CASE_METHOD(groups, "ids are compared by what payloads mean, too") {
  auto json = word("a", "one");
  json.content_type = content_type_json;
  json.payload = R"({"id":"a"})";
  REQUIRE(add(append_of({json})));
  auto typed = append_of({word("a", "one")});
  typed.compares = true;
  CHECK(*add(typed) == positions{{0}});
}

TEST_CASE_METHOD(groups, "many known ids are compared with one read") {
  std::vector<new_event> many;
  for (int i = 0; i < 1000; ++i) many.push_back(word("a", std::to_string(i)));
  REQUIRE(add(append_of(many)));
  commit();
  many.push_back(many.front());
  auto again = append_of(many);
  again.compares = true;
  const auto before = stored.reads().events;
  CHECK(add(again)->size() == 1001);
  CHECK(stored.reads().events - before == 1000);
}

TEST_CASE_METHOD(groups, "a commit is flushed unless all of it would come out again") {
  const auto flushed = [this](auto request) {
    begin();
    REQUIRE(add(std::move(request)));
    return open->batch().needs_flush;
  };
  events(2);
  auto follows = turn_at(1);
  follows.follows = true;
  CHECK_FALSE(flushed(follows));
  CHECK(flushed(turn_at(1)));  // somebody ordered it
  auto reacts = follows;
  reacts.decided.reactions.push_back(says(1, "Said"));
  CHECK(flushed(reacts));
  auto elsewhere = follows;
  elsewhere.elsewhere.emplace();
  CHECK(flushed(elsewhere));
  CHECK(flushed(derived_commit{}));
  CHECK(flushed(import_request{}));
  CHECK(flushed(timers_request{}));

  begin();
  REQUIRE(add(follows));
  REQUIRE(add(append_of({word("a")})));
  CHECK(open->batch().needs_flush);
}
