#include "engine/journal.hpp"

#include "base/limits.hpp"
#include "unit/engine/requested.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

struct still_clock final : clock {
  timestamp time = minute(1);
  [[nodiscard]] timestamp now() const override { return time; }
  [[nodiscard]] timestamp steady() const override { return time; }
};

/// A journal, and in `log` what it told whom, in order.
struct journals : stored_words {
  static constexpr std::uint32_t rows_at_once = 4;
  still_clock time;
  std::vector<std::string> log;
  int ready = 0;
  std::vector<std::shared_ptr<const committed>> changes;
  bool lives = true;
  journal at_work{
      stored,
      types,
      interest,
      time,
      {.on_committed =
           [this](std::shared_ptr<const committed> change) {
             log.push_back(fmt::format("committed {}-{}", change->begin.value, change->end.value));
             changes.push_back(std::move(change));
           },
       .on_ready = [this] { ++ready; },
       .before_commit = [this] { return lives; },
       .on_failed =
           [this](const error& why) {
             log.push_back("failed " + std::string{to_string(why.code)});
           }},
      rows_at_once};

  journals() { REQUIRE(at_work.open(*stored.flow_count())); }

  void note(const std::string& name, const error* why) {
    log.push_back(name + ' ' + (why == nullptr ? "done" : std::string{to_string(why->code)}));
  }
  append_request append(const std::string& name, std::vector<new_event> events) {
    auto made = append_of(std::move(events));
    made.done = [this, name](const result<positions>& outcome) {
      note(name, outcome ? nullptr : &outcome.error());
    };
    return made;
  }
  flow_commit turn(const std::string& name, flow_commit made) {
    made.done = [this, name](const result<void>& outcome) {
      note(name, outcome ? nullptr : &outcome.error());
    };
    return made;
  }
  derived_commit progress(const std::string& name) {
    derived_commit made;
    made.part.routed = position{0};
    made.done = [this, name](const result<void>& outcome) {
      note(name, outcome ? nullptr : &outcome.error());
    };
    return made;
  }
  void disk_says(std::optional<errc> code) {
    stored.before_commit([code](const commit_batch&) -> result<void> {
      if (code) return error{*code, "says the disk"};
      return {};
    });
  }
  texts told() { return std::exchange(log, {}); }
};

using worked = journal::worked;

}  // namespace

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
  time.time = minute(5);
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

TEST_CASE_METHOD(journals, "a full disk refuses what came from outside, and holds internal work") {
  at_work.submit(append("outside", {word("a")}));
  auto reacting = turn_at(0);
  reacting.decided.reactions = {says(0, "Word")};
  at_work.submit(turn("turn", reacting));
  at_work.submit(progress("progress"));
  disk_says(errc::storage_full);
  CHECK(at_work.work() == worked::disk_full);
  CHECK(told() == texts{"outside storage_full"});
  CHECK(at_work.work() == worked::disk_full);
  CHECK(told().empty());
  CHECK_FALSE(at_work.idle());
  CHECK(stored.tail() == position{0});

  at_work.submit(append("later", {word("a")}));
  disk_says(std::nullopt);
  CHECK(at_work.work() == worked::idle);
  CHECK(told() == texts{"committed 0-2", "turn done", "progress done", "later done"});
  CHECK(lines() == texts{"Word <- 0", "Word"});
}

TEST_CASE_METHOD(journals, "a full disk refuses a turn from elsewhere, whose sender can wait") {
  auto foreign = turn_at(0);
  foreign.elsewhere.emplace();
  at_work.submit(turn("turn", foreign));
  disk_says(errc::storage_full);
  CHECK(at_work.work() == worked::disk_full);
  CHECK(told() == texts{"turn storage_full"});
  CHECK(at_work.idle());
}

TEST_CASE_METHOD(journals, "the room of what a full disk refused is given back") {
  disk_says(errc::storage_full);
  for (int i = 0; i < 3; ++i) {
    auto big = append("big", {word("a")});
    big.size = limits::queue_size_max;
    REQUIRE(at_work.submit(std::move(big)));
    at_work.work();
    CHECK(told() == texts{"big storage_full"});
  }
}

TEST_CASE_METHOD(journals, "held internal work takes no room from what comes from outside") {
  auto reacting = turn_at(0);
  reacting.decided.reactions = {says(0, "Word")};
  disk_says(errc::storage_full);
  at_work.submit(turn("turn", reacting));
  at_work.work();
  at_work.work();
  auto big = append("big", {word("a")});
  big.size = limits::queue_size_max;
  CHECK(at_work.submit(std::move(big)));
}

TEST_CASE_METHOD(journals,
                 "a failure of the store answers everything, once, and whatever follows") {
  at_work.submit(append("outside", {word("a")}));
  at_work.submit(turn("turn", turn_at(0)));
  disk_says(errc::storage_failed);
  CHECK(at_work.work() == worked::failed);
  CHECK(told() == texts{"failed storage_failed", "turn storage_failed", "outside storage_failed"});
  CHECK_FALSE(at_work.submit(append("after", {word("a")})));
  at_work.submit(progress("progress"));
  CHECK(told() == texts{"after storage_failed", "progress storage_failed"});
  CHECK(at_work.work() == worked::idle);
  CHECK_FALSE(at_work.maintain());
  CHECK(at_work.idle());
  CHECK(log.empty());
}

TEST_CASE_METHOD(journals, "what is queued behind the commit that fails is answered with it") {
  const std::vector<new_event> many(limits::commit_events_max);
  at_work.submit(append("first", many));
  at_work.submit(append("behind", {word("a")}));
  disk_says(errc::storage_failed);
  CHECK(at_work.work() == worked::failed);
  CHECK(told() == texts{"failed storage_failed", "first storage_failed", "behind storage_failed"});
}

TEST_CASE_METHOD(
    journals, "a store that contradicts itself fails the whole commit: nothing is half written") {
  commit_batch wrong;
  wrong.scheduled.push_back(
      {.at = {50}, .due = minute(5), .type = "Bell", .flow = {}, .set_by = std::nullopt});
  REQUIRE(stored.commit(wrong));
  at_work.submit(append("outside", {word("a")}));
  at_work.submit(fire_request{.due = {{50}}, .done = {}});
  at_work.submit(turn("turn", turn_at(0)));
  CHECK(at_work.work() == worked::failed);
  CHECK(told() == texts{"failed corrupt", "turn corrupt", "outside corrupt"});
  CHECK(stored.tail() == position{0});
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

TEST_CASE_METHOD(journals, "a process that dies before a commit answers nobody") {
  at_work.submit(append("first", {word("a")}));
  lives = false;
  CHECK(at_work.work() == worked::failed);
  CHECK(log.empty());
  CHECK(stored.tail() == position{0});
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
