#include "unit/engine/journals.hpp"

using namespace millrace;
using namespace millrace::test;

TEST_CASE_METHOD(journals,
                 "all that is queued shares one commit, and is answered after it, appends last") {
  const auto before = stored.commits();
  CHECK(at_work.submit(append("first", {word("a"), word("a")})));
  at_work.submit(turn("turn", turn_at(0)));
  CHECK(at_work.submit(append("second", {word("b")})));
  at_work.submit(progress("progress"));
  CHECK(ready == 4);
  CHECK(log.empty());
  CHECK_FALSE(at_work.idle());
  CHECK(at_work.tail() == position{0});

  CHECK(at_work.work() == worked::idle);
  CHECK(stored.commits() == before + 1);
  CHECK(told() ==
        texts{"committed 0-3", "turn done", "progress done", "second done", "first done"});
  CHECK(at_work.tail() == position{3});
  CHECK(at_work.idle());
  CHECK(at_work.counted().events == 3);
  CHECK(at_work.counted().commits == 1);
  CHECK(at_work.work() == worked::idle);
  CHECK(stored.commits() == before + 1);
}

TEST_CASE_METHOD(journals,
                 "a crowd of appends is committed in parts, in order, and no turn waits for it") {
  const auto before = stored.commits();
  for (int i = 0; i < 2500; ++i) CHECK(at_work.submit(append("each", {word("a")})));
  at_work.submit(turn("turn", turn_at(0)));
  CHECK(at_work.work() == worked::more);
  CHECK(at_work.tail() == position{1024});
  log.resize(3);
  CHECK(told() == texts{"committed 0-1024", "turn done", "each done"});
  CHECK(at_work.submit(append("last", {word("b")})));
  CHECK(at_work.work() == worked::more);
  log.clear();
  CHECK(at_work.work() == worked::idle);
  CHECK(stored.commits() == before + 3);
  log.resize(2);
  CHECK(told() == texts{"committed 2048-2501", "last done"});
}

TEST_CASE_METHOD(journals, "a commit that holds much of the engine's takes as many appends") {
  constexpr std::size_t emitted = 2000;
  auto reacting = turn_at(0);
  reacting.decided.reactions.assign(emitted, says(0, "Word"));
  at_work.submit(turn("turn", reacting));
  for (int i = 0; i < 2500; ++i) CHECK(at_work.submit(append("each", {word("a")})));
  CHECK(at_work.work() == worked::more);
  CHECK(at_work.tail() == position{emitted + emitted});
  CHECK(at_work.work() == worked::idle);
  CHECK(at_work.tail() == position{emitted + 2500});
}

TEST_CASE_METHOD(journals,
                 "no append waits for more of the router's rows than one commit is to hold") {
  const auto entries = [this](const std::string& name, std::uint32_t first) {
    auto made = progress(name);
    for (auto i = first; i < first + rows_at_once; ++i) {
      made.part.flows.push_back({flow_number{i}, flow_key{"Words", std::to_string(i)}, {}});
    }
    return made;
  };
  at_work.submit(entries("first", 1));
  at_work.submit(entries("second", 1 + rows_at_once));
  CHECK(at_work.submit(append("append", {word("a")})));
  CHECK(at_work.work() == worked::more);
  CHECK(told() == texts{"committed 0-1", "first done", "append done"});
  CHECK(at_work.work() == worked::idle);
  CHECK(told() == texts{"second done"});
}

TEST_CASE_METHOD(journals,
                 "a turn that would come out again does not wait for the flush of others") {
  const auto before = stored.commits();
  CHECK(at_work.submit(append("append", {word("a")})));
  auto follows = turn_at(0);
  follows.follows = true;
  at_work.submit(turn("turn", std::move(follows)));
  CHECK(at_work.work() == worked::idle);
  CHECK(stored.commits() == before + 2);
  CHECK(told() == texts{"turn done", "committed 0-1", "append done"});
}

TEST_CASE_METHOD(journals, "a turn whose flow may be new waits for the directory") {
  const auto before = stored.commits();
  at_work.submit(progress("progress"));
  auto follows = turn_at(0);
  follows.follows = true;
  at_work.submit(turn("turn", std::move(follows)));
  CHECK(at_work.work() == worked::idle);
  CHECK(stored.commits() == before + 1);
  CHECK(told() == texts{"progress done", "turn done"});
}

TEST_CASE_METHOD(journals, "events are recorded at the time of their commit") {
  at_work.submit(append("first", {word("a")}));
  time.advance(std::chrono::minutes{4});
  at_work.work();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0]->events[0].time == minute(5));
  CHECK(changes[0]->in_memory);
}

TEST_CASE_METHOD(journals, "a request that is refused holds up no other of its commit") {
  auto refused = append("refused", {word("a")});
  refused.condition.tail = position{7};
  at_work.submit(std::move(refused));
  at_work.submit(append("taken", {word("a")}));
  at_work.submit(turn("fenced", turn_at(0, position{9})));
  CHECK(at_work.work() == worked::idle);
  CHECK(told() == texts{"committed 0-1", "fenced conflict", "taken done", "refused conflict"});
}

TEST_CASE_METHOD(journals,
                 "when there is nothing to write nothing is committed, and all is answered") {
  at_work.submit(append("first", {word("a", "id")}));
  at_work.work();
  const auto before = stored.commits();
  at_work.submit(append("again", {word("a", "id")}));
  CHECK(at_work.work() == worked::idle);
  CHECK(stored.commits() == before);
  CHECK(told() == texts{"committed 0-1", "first done", "again done"});
}

TEST_CASE_METHOD(journals, "ids are remembered from before the journal was opened") {
  at_work.submit(append("first", {word("a", "id")}));
  at_work.work();
  journal next{stored,
               types,
               interest,
               time,
               {.on_committed = [](const auto&) {},
                .on_ready = [] {},
                .before_commit = {},
                .on_failed = {}}};
  REQUIRE(next.open(*stored.flow_count()));
  CHECK(next.tail() == position{1});
  positions found;
  auto again = append_of({word("a", "id")});
  again.done = [&](const result<positions>& outcome) { found = *outcome; };
  next.submit(std::move(again));
  next.work();
  CHECK(found == positions{{0}});
}

TEST_CASE_METHOD(journals,
                 "a commit that writes no event and no schedule is not told to followers") {
  at_work.submit(progress("progress"));
  at_work.work();
  CHECK(told() == texts{"progress done"});
}

TEST_CASE_METHOD(journals, "appends over the bound are refused at once, internal work never is") {
  const std::vector<new_event> many(limits::append_events_max);
  for (std::size_t i = 0; i < limits::queue_events_max / limits::append_events_max; ++i) {
    REQUIRE(at_work.submit(append("many", many)));
  }
  CHECK_FALSE(at_work.submit(append("one more", {word("a")})));
  CHECK(told() == texts{"one more overloaded"});
  at_work.submit(turn("turn", turn_at(0)));
  CHECK(log.empty());
  // One call after the other: no commit holds more than its limit.
  CHECK(at_work.work() == worked::more);
  CHECK(at_work.tail() == position{limits::commit_events_max});
  CHECK(told().back() == "many done");
  CHECK(at_work.submit(append("room again", {word("a")})));
  while (at_work.work() == worked::more) {
  }
  CHECK(log.back() == "room again done");
}

TEST_CASE_METHOD(journals, "appends are bounded by size, too") {
  auto big = append("big", {word("a")});
  big.size = limits::queue_size_max;
  REQUIRE(at_work.submit(std::move(big)));
  auto small = append("small", {word("a")});
  small.size = 1;
  CHECK_FALSE(at_work.submit(std::move(small)));
  CHECK(told() == texts{"small overloaded"});
}

TEST_CASE_METHOD(journals,
                 "room that is admitted beforehand counts until it is given back or used") {
  auto first = append("first", {word("a")});
  first.size = limits::queue_size_max;
  REQUIRE(at_work.admit(first));
  auto second = append("second", {word("a")});
  second.size = 1;
  CHECK_FALSE(at_work.admit(second));
  CHECK(told() == texts{"second overloaded"});
  at_work.give_back(second);  // it got none
  CHECK_FALSE(at_work.admit(second));
  told();
  at_work.give_back(first);
  REQUIRE(at_work.admit(second));
  CHECK(at_work.submit(std::move(second)));
  at_work.work();
  CHECK(told() == texts{"committed 0-1", "second done"});
  auto third = append("third", {word("a")});
  third.size = limits::queue_size_max;
  CHECK(at_work.submit(std::move(third)));
}

TEST_CASE_METHOD(journals, "a journal that is stopping refuses appends and goes on with the rest") {
  at_work.submit(append("before", {word("a")}));
  at_work.refuse_appends();
  CHECK_FALSE(at_work.submit(append("after", {word("a")})));
  at_work.submit(turn("turn", turn_at(0)));
  at_work.work();
  CHECK(told() == texts{"after closed", "committed 0-1", "turn done", "before done"});
}

TEST_CASE_METHOD(journals,
                 "what flows emit counts for the bound of a commit, not for that of appends") {
  constexpr std::size_t emitted = limits::commit_events_max / 2 + 1;
  std::optional<position> before;
  for (std::uint64_t at = 0; at < 3; ++at) {
    auto reacting = turn_at(at, before);
    reacting.decided.reactions.assign(emitted, says(at, "Word"));
    at_work.submit(turn("turn", reacting));
    before = position{at};
  }
  const std::vector<new_event> many(limits::append_events_max);
  CHECK(at_work.submit(append("outside", many)));
  CHECK(at_work.work() == worked::more);
  CHECK(at_work.tail() == position{emitted + many.size()});
  while (at_work.work() == worked::more) {
  }
  CHECK(at_work.counted().commits == 3);
  CHECK(at_work.tail() == position{3 * emitted + many.size()});
}

TEST_CASE_METHOD(journals, "a feed that is full is told the range and reads it from the store") {
  auto big = word("a");
  big.payload.assign(limits::feed_size_max - 100, 'x');
  at_work.submit(append("big", {big}));
  at_work.work();
  at_work.submit(append("next", {big}));
  at_work.work();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0]->in_memory);
  CHECK_FALSE(changes[1]->in_memory);
  CHECK(changes[1]->events.empty());
  CHECK(changes[1]->begin == position{1});
  CHECK(changes[1]->end == position{2});

  at_work.feed_consumed(changes[0]->size);
  at_work.submit(append("last", {word("a")}));
  at_work.work();
  CHECK(changes.back()->in_memory);
}
