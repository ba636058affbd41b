// Promise 6: every queue and cache has a limit; what is idle is unloaded, what is too much is
// refused.
#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>

#include "base/limits.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

/// Counts the instances in memory.
class presence {
 public:
  explicit presence(int* count) : count_(count) { ++*count_; }
  presence(const presence& other) : presence(other.count_) {}
  presence& operator=(const presence&) = delete;
  ~presence() { --*count_; }

 private:
  int* count_;
};

/// Keeps all numbers, and as much ballast as the notes bring.
struct heavy {
  static constexpr std::string_view name = "Heavy";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  explicit heavy(int* count) : here(count) {}
  void given(const Noted& e) {
    add_to(state, e);
    state.mutable_ballast()->append(e.ballast());
  }
  Notes state;
  presence here;
};

/// The same, and answers each plain note with two that it folds itself. Throws once at each number
/// that the test has put in its way: at even ones when it folds, at odd ones when it decides.
struct heavy_echo {
  static constexpr std::string_view name = "HeavyEcho";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  explicit heavy_echo(std::set<std::int64_t>* in_the_way) : stones(in_the_way) {}
  void given(const Noted& e) {
    add_to(state, e);
    state.mutable_ballast()->append(e.ballast());
    if (e.number() % 2 == 0) stumble(e);
  }
  void when(const Noted& e, reactions& then) const {
    if (!e.text().empty()) return;
    for (int i = 1; i <= 2; ++i) {
      then.emit<Noted>() = note(e.key(), 1000 * e.number() + i + 10 * state.count(), "answer");
    }
    if (e.number() % 2 == 1) stumble(e);
  }
  void stumble(const Noted& e) const {
    if (e.text().empty() && stones->erase(e.number()) > 0) throw std::runtime_error{"stumbled"};
  }
  Notes state;
  std::set<std::int64_t>* stones;
};

Noted with_ballast(Noted made, std::size_t size) {
  made.set_ballast(std::string(size, static_cast<char>('a' + made.number() % 26)));
  return made;
}

/// What heavy_echo comes to, from the timeline alone.
Notes folded(host_test& test, const std::string& key) {
  const auto all = test.timeline("Noted");
  Notes state;
  const auto fold = [&](const Noted& e) {
    add_to(state, e);
    state.mutable_ballast()->append(e.ballast());
  };
  for (const auto& each : all) {
    if (each.as<Noted>().key() != key || !each.emitter.empty()) continue;
    fold(each.as<Noted>());
    for (const auto& answer : all) {
      if (answer.cause == each.at) fold(answer.as<Noted>());
    }
  }
  return state;
}

}  // namespace

TEST_CASE("idle instances are unloaded, and come back on the next event with the right state") {
  const std::size_t ballast = GENERATE(0, 10'000);
  int in_memory = 0;
  host_test test;
  test.add<heavy>({}, &in_memory);
  for (std::int64_t i = 0; i < 50; ++i) {
    test.append(with_ballast(note(std::to_string(i), i), ballast));
  }
  CHECK(in_memory == 50);
  test.advance(limits::idle_unload + 2s);
  CHECK(in_memory == 0);
  CHECK(test.flow(flow_key{"Heavy", "7"}).status == flow_status::idle);

  test.append(with_ballast(note("7", 100), 10));
  CHECK(in_memory == 1);
  CHECK(numbers(test.read<heavy>("7")->state) == std::vector<std::int64_t>{7, 100});
  CHECK(test.read<heavy>("7")->state.ballast().size() == ballast + 10);
  CHECK(numbers(test.read<heavy>("8")->state) == std::vector<std::int64_t>{8});
  CHECK(in_memory == 1);
}

TEST_CASE("an instance that is in use stays in memory") {
  int in_memory = 0;
  host_test test;
  test.add<heavy>({}, &in_memory);
  test.append(note("idle", 0));
  for (std::int64_t i = 0; i < 10; ++i) {
    test.append(note("busy", i));
    test.advance(limits::idle_unload / 3);
  }
  CHECK(in_memory == 1);
  CHECK(test.read<heavy>("busy")->state.count() == 10);
  CHECK(test.running().counters().handled == 11);
}

TEST_CASE("instances that come and go all the time miss nothing and see nothing twice") {
  const std::uint64_t seed = GENERATE(0, 1, 2, 3);
  INFO("seed " << seed);
  int in_memory = 0;
  host_test test{{.seed = seed}};
  test.add<heavy>({}, &in_memory);
  for (std::int64_t i = 0; i < 60; ++i) {
    test.append(with_ballast(note(std::to_string(i % 4), i), 700));
    test.advance(limits::idle_unload / (1 + i % 5));
  }
  for (std::int64_t key = 0; key < 4; ++key) {
    const auto seen = test.read<heavy>(std::to_string(key))->state;
    REQUIRE(seen.numbers_size() == 15);
    for (int i = 0; i < 15; ++i) CHECK(seen.numbers(i) == key + 4 * i);
    CHECK(seen.ballast().size() == 15 * 700);
  }
}

TEST_CASE("appends over the bound of the queue are refused as overloaded, and nothing is lost") {
  host_test test;
  test.add<all_notes>();
  constexpr std::size_t at_once = limits::append_events_max;
  constexpr std::size_t fits = limits::queue_events_max / at_once;
  new_event one;
  one.type = "Tick";
  one.payload = "{}";
  one.content_type = std::string{content_type_json};
  const std::vector<new_event> many(at_once, one);
  std::vector<future<result<std::vector<position>>>> answers;
  for (std::size_t i = 0; i < fits + 2; ++i) answers.push_back(test.append_later(many));

  for (std::size_t i = fits; i < fits + 2; ++i) {
    REQUIRE(answers[i].wait_for(duration{0}) == std::future_status::ready);  // at once
    const auto refused = answers[i].get();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::overloaded);
    CHECK(is_retryable(refused.error().code));
  }
  test.run();
  std::uint64_t next = 0;
  for (std::size_t i = 0; i < fits; ++i) {
    const auto written = answers[i].get();
    REQUIRE(written);
    CHECK(written->front() == position{next});
    next += at_once;
    CHECK(written->back() == position{next - 1});
  }
  CHECK(test.append(note("a", 1)) == position{next});
  CHECK(test.read<all_notes>()->state.count() == 1);
}

TEST_CASE("a large state is not written for each event, and recovers over a crash") {
  const std::size_t batch = GENERATE(1, 3, 4096);
  int in_memory = 0;
  host_test test;
  test.add<heavy>({.flush = flush_every(batch)}, &in_memory);
  test.append(with_ballast(note("a", 0), 100'000));
  std::string expected = test.read<heavy>("a")->state.ballast();
  for (std::int64_t number = 1; number < 40; ++number) {
    const auto size = static_cast<std::size_t>(1 + 37 * number);
    test.append(with_ballast(note("a", number), size));
    expected += with_ballast(note("a", number), size).ballast();
    if (number % 7 == 0) test.crash_and_restart();
    const auto seen = test.read<heavy>("a");
    REQUIRE(seen);
    CHECK(seen->state.count() == number + 1);
    CHECK(seen->state.ballast() == expected);
  }
}

TEST_CASE(
    "a topic with a large state and own words recovers over a crash at every commit boundary") {
  std::uint64_t boundaries = 0;
  for (std::uint64_t boundary = 0; boundary == 0 || boundary < boundaries; ++boundary) {
    INFO("the process dies before commit " << boundary);
    host_test test;
    std::set<std::int64_t> nothing;
    test.add<heavy_echo>({.flush = flush_every(1)}, &nothing);
    bool died = false;
    test.on_commit([&](std::uint64_t commit) {
      if (died || commit != boundary) return true;
      died = true;
      return false;
    });
    for (std::int64_t number = 0; number < 6; ++number) {
      const auto body = with_ballast(note("a", number), number == 0 ? 20'000 : 50);
      while (!test.try_append({new_event::of(body)})) test.crash_and_restart();
      if (test.crashed()) test.crash_and_restart();
    }
    test.advance(5s);
    test.crash_and_restart();
    auto seen = test.read<heavy_echo>("a");
    while (test.crashed()) {  // also a read commits, when postings have to be written for it
      test.crash_and_restart();
      seen = test.read<heavy_echo>("a");
    }
    REQUIRE(seen);
    CHECK(seen->state.count() == 18);
    CHECK(seen->state.SerializeAsString() == folded(test, "a").SerializeAsString());
    boundaries = test.commits();
  }
  CHECK(boundaries > 10);
}

TEST_CASE(
    "a topic with a large state that stumbles, reads, crashes and comes back has decided once") {
  const std::size_t batch = GENERATE(1, 4, 4096);
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed << ", batches of " << batch);
    std::mt19937_64 random{seed};
    std::set<std::int64_t> stones;
    for (int i = 0; i < 15; ++i) stones.insert(static_cast<std::int64_t>(random() % 100));
    host_test test{{.seed = seed}};
    test.add<heavy_echo>(
        {.flush = flush_every(batch), .on_error = retry_then_stop(2).with_backoff(5ms)}, &stones);
    for (std::int64_t number = 0; number < 100; ++number) {
      const auto size = number == 3 ? 9000 : random() % 300;
      static_cast<void>(test.append_later({new_event::of(with_ballast(note("a", number), size))}));
      for (auto steps = random() % 20; steps > 0; --steps) test.step();
      if (random() % 5 == 0) test.advance(std::chrono::milliseconds{random() % 9});
      if (random() % 12 == 0) test.advance(2s);
      if (random() % 12 == 0) test.crash_and_restart();
      if (random() % 30 == 0) test.advance(limits::idle_unload + 5s);
    }
    test.advance(10s);
    const auto seen = test.read<heavy_echo>("a");
    REQUIRE(seen);
    CHECK(seen->state.SerializeAsString() == folded(test, "a").SerializeAsString());
    const auto all = test.timeline("Noted");
    const auto answers = std::count_if(all.begin(), all.end(),
                                       [](const auto& each) { return !each.emitter.empty(); });
    CHECK(3 * answers == 2 * static_cast<std::int64_t>(all.size()));
  }
}
