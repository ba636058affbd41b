// Queries that are given their history fold it together, in a lane, and come out of it as any flow.
#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <map>
#include <random>

#include "host/host_parts.hpp"
#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t room = 4;  // events in a window; a lane takes twice as many flows

/// A host with a history of notes, and what each key has to come to.
struct with_history {
  host_test test;
  std::map<std::string, std::vector<std::int64_t>> wanted;
  std::int64_t next = 0;

  explicit with_history(std::int64_t count, std::int64_t keys, std::uint64_t seed = 0)
      : test{{.seed = seed, .room = room}}, keys_(keys) {
    test.add<all_notes>();
    for (std::int64_t i = 0; i < count; ++i) test.append(one_more());
    test.stop();
  }
  Noted one_more() {
    const auto key = "k" + std::to_string(next * 7 % keys_);
    wanted[key].push_back(next);
    return note(key, next++);
  }
  template <class Flow>
  void check_all() {
    for (const auto& [key, list] : wanted) {
      INFO(key);
      const auto read = test.read<Flow>(key);
      REQUIRE(read);
      CHECK(numbers(read->state) == list);
    }
  }

 private:
  std::int64_t keys_;
};

/// Fails at its first event, and says how often.
struct failing {
  static constexpr std::string_view name = "Failing";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  explicit failing(int* count) : thrown(count) {}
  void given(const Noted& e) {
    if (e.key() == "k0" && ++*thrown > 0) throw std::runtime_error{"cannot digest it"};
  }
  Notes state;
  int* thrown;
};

/// Takes five times as long for an event as a lane bears.
struct tedious {
  static constexpr std::string_view name = "Tedious";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) {
    const auto until = std::chrono::steady_clock::now() + 5 * limits::lane_slow_each;
    while (std::chrono::steady_clock::now() < until) add_to(state, e), state.Clear();
    state.set_last(e.number());
  }
  Notes state;
};

/// Waits at its first event.
struct held_up {
  static constexpr std::string_view name = "HeldUp";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  explicit held_up(std::shared_future<void> what) : released(std::move(what)) {}
  void given(const Noted& e) {
    released.wait();
    state.set_last(e.number());
  }
  Notes state;
  std::shared_future<void> released;
};

/// Says when it is given a certain number.
struct telling {
  static constexpr std::string_view name = "Telling";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  telling(std::int64_t number, std::promise<void>* whom) : wanted(number), told(whom) {}
  void given(const Noted& e) {
    if (e.number() == wanted) told->set_value();
  }
  Notes state;
  std::int64_t wanted;
  std::promise<void>* told;
};

/// A real host, with windows of a few events.
template <class Add>
std::unique_ptr<host> host_over(const temporary_directory& place, Add add) {
  auto made = std::make_unique<host>(host_options{.store = place.path()});
  made->inside().bounds = work_bounds::of(64);
  REQUIRE(made->add<all_notes>());
  add(*made);
  REQUIRE(made->open());
  return made;
}

void leave_history(const temporary_directory& place, std::int64_t count) {
  const auto before = host_over(place, [](host&) {});
  std::vector<new_event> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(new_event::of(note("one", i)));
  REQUIRE(before->append(std::move(all)).get());
  REQUIRE(before->wait_until_caught_up(60s));
}

}  // namespace

TEST_CASE("flows that are given their history together need no actors, and read nothing twice") {
  with_history that{100, 5};
  that.test.add<notes>();
  that.test.restart();
  that.check_all<notes>();
  const auto counted = that.test.running().counters();
  CHECK(counted.posting_reads == 0);
  CHECK(counted.timeline_reads == 100);
  CHECK(that.test.running().statistics(flow_key{"Notes", "k1"})->activity.handled == 0);
  CHECK(that.test.running().statistics()->all.activity.handled == 100);
}

TEST_CASE("what is appended after a lane reaches its flows at once") {
  with_history that{100, 5};
  that.test.add<notes>();
  that.test.restart();
  for (int i = 0; i < 20; ++i) {
    that.test.append(that.one_more());
    that.check_all<notes>();
  }
}

TEST_CASE("a full lane is emptied, and its flows join again where they were") {
  with_history that{400, 50};
  that.test.add<notes>();
  that.test.restart();
  that.check_all<notes>();
}

TEST_CASE("a lane that is emptied to make room for another type loses nothing") {
  bool broken = false;
  with_history that{400, 50};
  that.test.add<notes>();
  that.test.add<fragile>({}, std::int64_t{-1}, &broken);
  that.test.restart();
  that.check_all<notes>();
  that.check_all<fragile>();
}

TEST_CASE("a lane keeps its flows while the journal takes long to write what they committed") {
  for (std::size_t good = 0; good < 12; ++good) {
    INFO("commits before the disk is full: " << good);
    with_history that{400, 50};
    bool is_full = true;
    std::size_t commits = 0;
    that.test.add<notes>();
    that.test.restart_paused();
    that.test.disk([&]() -> result<void> {
      if (is_full && ++commits > good) return error{errc::storage_full, "no space"};
      return {};
    });
    that.test.advance(4 * limits::lane_stuck_max);
    is_full = false;
    that.test.advance(4 * limits::lane_stuck_max);
    that.check_all<notes>();
    CHECK(that.test.running().counters().posting_reads == 0);
  }
}

TEST_CASE("an event that fails in a lane stops its flow right before it, and no other") {
  with_history that{100, 5};
  bool broken = true;
  that.test.add<fragile>({}, std::int64_t{37}, &broken);
  that.test.restart();
  const auto failed = "k" + std::to_string(37 * 7 % 5);
  const auto stopped = that.test.flow(flow_key{"Fragile", failed});
  CHECK(stopped.error_position == position{37});
  CHECK(stopped.checkpoint == position{32});
  CHECK(that.test.running().statistics()->all.activity.handled == 80 + 7);
  broken = false;
  REQUIRE(that.test.running().retry(flow_key{"Fragile", failed}));
  that.test.run();
  that.check_all<fragile>();
}

TEST_CASE("a flow that was stopped before stays so when the others of its type are in a lane") {
  bool broken = true;
  with_history that{100, 5};
  that.test.add<fragile>({}, std::int64_t{37}, &broken);
  that.test.restart();
  that.test.stop();
  that.test.clear_flows().add<all_notes>();  // the type is not here while more comes
  that.test.restart();
  for (int i = 0; i < 100; ++i) that.test.append(that.one_more());
  that.test.stop();
  that.test.add<fragile>({}, std::int64_t{37}, &broken);
  that.test.restart();
  const auto failed = "k" + std::to_string(37 * 7 % 5);
  CHECK(that.test.flow(flow_key{"Fragile", failed}).error_position == position{37});
  that.wanted.erase(failed);
  that.check_all<fragile>();
}

TEST_CASE("a flow that fails while its lane is emptied again and again has an actor at once") {
  with_history that{2000, 50};
  int thrown = 0;
  that.test.add<failing>({}, &thrown);
  that.test.restart_paused();
  while (thrown < 2) REQUIRE(that.test.step());  // in the lane, and when its actor looks again
  CHECK(that.test.running().counters().routed < 1000);
}

TEST_CASE("flows whose handlers take long leave their lane, and have actors") {
  constexpr std::int64_t count = 3000;
  const temporary_directory place;
  leave_history(place, count);
  const auto over = host_over(place, [](host& to) { REQUIRE(to.add<tedious>()); });
  REQUIRE(over->wait_until_caught_up(60s));
  CHECK(over->read<tedious>("one")->state.last() == count - 1);
  const auto by_actor = over->statistics(flow_key{"Tedious", "one"})->activity.handled;
  CHECK(by_actor > 0);
  CHECK(by_actor < count);
}

TEST_CASE("a flow is reset while it is in a lane") {
  for (int steps = 1; steps < 60; steps += 2) {
    INFO("after " << steps << " steps");
    with_history that{100, 5};
    that.test.add<notes>();
    that.test.restart_paused();
    for (int i = 0; i < steps && that.test.step(); ++i) {
    }
    // It may be too early for there being one.
    const auto done = that.test.running().reset(flow_key{"Notes", "k1"});
    if (!done) CHECK(done.error().code == errc::not_found);
    that.test.run();
    that.check_all<notes>();
  }
}

TEST_CASE("a flow is reset while it is out of a full lane") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    for (int steps = 1; steps < 400; steps += 9) {
      INFO("seed " << seed << ", after " << steps << " steps");
      with_history that{400, 50, seed};
      that.test.add<notes>();
      that.test.restart_paused();
      for (int i = 0; i < steps && that.test.step(); ++i) {
      }
      std::vector<new_event> more;
      for (int i = 0; i < 50; ++i) more.push_back(new_event::of(that.one_more()));
      auto appended = that.test.append_later(std::move(more));
      const auto done = that.test.running().reset(flow_key{"Notes", "k1"});
      if (!done) CHECK(done.error().code == errc::not_found);
      that.test.run();
      REQUIRE(appended.get());
      that.check_all<notes>();
      REQUIRE(that.test.running().reset(flow_key{"Notes", "k1"}));  // the first one is over
    }
  }
}

TEST_CASE("a handler that does not come back holds up its own type only") {
  constexpr std::int64_t count = 3000;
  const temporary_directory place;
  std::promise<void> release;
  std::promise<void> other_is_there;
  leave_history(place, count);
  const auto over = host_over(place, [&](host& to) {
    REQUIRE(to.add<held_up>({}, std::shared_future<void>{release.get_future()}));
    REQUIRE(to.add<telling>({}, count - 1, &other_is_there));
  });
  CHECK(other_is_there.get_future().wait_for(60s) == std::future_status::ready);
  CHECK_FALSE(over->read<held_up>("one"));
  release.set_value();
  REQUIRE(over->wait_until_caught_up(60s));
  CHECK(over->read<held_up>("one")->state.last() == count - 1);
}

TEST_CASE("flows go in and out of lanes under appends, restarts and crashes, and miss nothing") {
  const auto seed = GENERATE(range(std::uint64_t{1}, std::uint64_t{201}));
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  const auto below = [&](std::uint64_t most) { return random() % most; };
  with_history that{60, 12, seed};
  that.test.add<notes>();
  that.test.restart_paused();
  std::vector<future<result<std::vector<position>>>> answers;
  for (int round = 0; round < 40; ++round) {
    std::vector<new_event> events;
    for (auto burst = below(12); burst > 0; --burst) {
      events.push_back(new_event::of(that.one_more()));
    }
    if (!events.empty()) answers.push_back(that.test.append_later(std::move(events)));
    for (auto steps = below(40); steps > 0 && that.test.step(); --steps) {
    }
    if (below(8) > 0) continue;
    for (auto& each : std::exchange(answers, {})) {
      while (each.wait_for(0s) != std::future_status::ready) REQUIRE(that.test.step());
      const auto done = each.get();
      INFO((done ? "" : done.error().message));
      REQUIRE(done);
    }
    below(2) > 0 ? that.test.crash() : that.test.stop();
    that.test.restart_paused();
  }
  that.test.run();
  that.test.advance(3s);
  that.check_all<notes>();
}
