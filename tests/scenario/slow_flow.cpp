// Promise 6: a slow flow falls back to reading its inbox, and nobody waits for it.
#include <catch2/catch.hpp>
#include <millrace/host.hpp>

#include <array>
#include <condition_variable>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "base/limits.hpp"
#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::int64_t>;

/// Handlers wait here until the test lets them through.
class gate {
 public:
  void pass() {
    std::unique_lock lock{mutex_};
    ++came_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  /// Until somebody stands there.
  void wait_for_somebody() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return came_ > 0; });
  }
  void open() {
    std::scoped_lock lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  int came() {
    std::scoped_lock lock{mutex_};
    return came_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int came_ = 0;
};

/// Does not keep the numbers, only whether each came right after the one before.
struct slow {
  static constexpr std::string_view name = "Slow";
  using observes = events<Noted>;
  explicit slow(gate* at) : door(at) {}
  void given(const Noted& e) {
    door->pass();
    if (e.number() != state.count()) state.set_sum(state.sum() + 1);  // out of order, or missed
    state.set_count(state.count() + 1);
  }
  Notes state;
  gate* door;
};

constexpr std::array<std::string_view, 9> fast_names{"Fast0", "Fast1", "Fast2", "Fast3", "Fast4",
                                                     "Fast5", "Fast6", "Fast7", "Fast8"};

/// Hears of payments, too, which the slow one does not.
template <std::size_t Number>
struct fast {
  static constexpr std::string_view name = fast_names[Number];
  using observes = events<Noted, OrderPaid>;
  void given(const Noted& e) {
    state.set_count(state.count() + 1);
    state.set_last(e.number());
  }
  void given(const OrderPaid&) { state.set_sum(state.sum() + 1); }
  Notes state;
};

template <std::size_t... Number>
bool add_fast(host& to, std::index_sequence<Number...>) {
  return (to.add<fast<Number>>() && ...);
}
/// What each of them has counted.
template <std::size_t... Number>
list counts_of_fast(host& of, std::index_sequence<Number...>) {
  return {of.read<fast<Number>>().value().state.count()...};
}

/// Appends the notes [from, until).
void append_notes(host& to, std::int64_t from, std::int64_t until) {
  std::vector<future<result<std::vector<position>>>> answers;
  while (from < until) {
    std::vector<new_event> some;
    for (const auto end = std::min(until, from + 5000); from < end; ++from) {
      some.push_back(new_event::of(note("a", from)));
    }
    answers.push_back(to.append(std::move(some)));
  }
  for (auto& each : answers) REQUIRE(each.get());
}

/// Lets the handlers go before the host is destroyed, also when a check fails.
struct opened_at_the_end {
  gate& door;
  ~opened_at_the_end() { door.open(); }
};

}  // namespace

TEST_CASE(
    "nine flows handle everything while a tenth is stuck in its handler, and then it catches up") {
  constexpr auto nine = std::make_index_sequence<9>{};
  constexpr std::int64_t count = 20'000;
  const std::size_t workers = GENERATE(1, 2);
  INFO(workers << " workers");
  const temporary_directory place;
  gate door;
  host running{{.store = place.path(), .worker_threads = workers}};
  const opened_at_the_end always{door};
  REQUIRE(running.add<slow>({.runs_on_own_thread = true}, &door));
  REQUIRE(add_fast(running, nine));
  REQUIRE(running.open());
  append_notes(running, 0, 1);
  door.wait_for_somebody();

  append_notes(running, 1, count);
  OrderPaid last;
  last.set_order_id("x");
  const auto marker = running.append(last).get();
  REQUIRE(marker);
  REQUIRE(running.wait(marker->front(), 60s));  // concerns the nine
  CHECK(counts_of_fast(running, nine) == list(9, count));
  CHECK(door.came() == 1);
  CHECK_FALSE(running.read<slow>());
  CHECK(running.wait(position{0}, 0s).error().code == errc::timed_out);

  door.open();
  REQUIRE(running.wait_until_caught_up(60s));
  const auto seen = running.read<slow>();
  REQUIRE(seen);
  CHECK(seen->state.count() == count);
  CHECK(seen->state.sum() == 0);
  CHECK(seen->scanned == marker->front());
}

TEST_CASE("no more than the room limit is kept in memory for a slow flow; the rest it reads") {
  constexpr std::int64_t count = 2 * limits::inbox_events_max;
  const temporary_directory place;
  gate door;
  host running{{.store = place.path(), .worker_threads = 2}};
  const opened_at_the_end always{door};
  REQUIRE(running.add<slow>({.runs_on_own_thread = true}, &door));
  REQUIRE(running.add<fast<0>>());
  REQUIRE(running.open());
  append_notes(running, 0, 1);
  door.wait_for_somebody();
  constexpr std::int64_t at_once = limits::queue_events_max / 2;
  for (std::int64_t from = 1; from < count; from += at_once) {
    append_notes(running, from, std::min(count, from + at_once));
  }
  OrderPaid last;
  const auto marker = running.append(last).get();
  REQUIRE(marker);
  REQUIRE(running.wait(marker->front(), 120s));
  CHECK(running.read<fast<0>>()->state.count() == count);
  const auto delivered = running.counters().delivered;
  CHECK(delivered <= static_cast<std::uint64_t>(count) + 1 + limits::inbox_events_max);

  door.open();
  REQUIRE(running.wait_until_caught_up(120s));
  const auto seen = running.read<slow>();
  REQUIRE(seen);
  CHECK(seen->state.count() == count);
  CHECK(seen->state.sum() == 0);
  // The rest was not pushed: it read that, by its inbox in the store or what the router still had.
  CHECK(running.counters().delivered < 2 * static_cast<std::uint64_t>(count));
}

namespace {

/// Fails once at each number that the test has chosen: it has to fall behind, read, and come back.
struct stumbling {
  static constexpr std::string_view name = "Stumbling";
  using observes = events<Noted>;
  struct stones {
    std::mutex mutex;
    std::set<std::int64_t> left;
    bool take(std::int64_t number) {
      std::scoped_lock lock{mutex};
      return left.erase(number) > 0;
    }
  };
  explicit stumbling(stones* in_the_way) : path(in_the_way) {}
  void given(const Noted& e) {
    add_to(state, e);
    if (path->take(e.number())) throw std::runtime_error{"stumbled"};
  }
  Notes state;
  stones* path;
};

std::vector<new_event> some_notes(std::int64_t& next, std::int64_t count) {
  std::vector<new_event> some;
  for (const auto end = next + count; next < end; ++next) {
    some.push_back(new_event::of(note("a", next)));
  }
  return some;
}

list recorded_numbers(host_test& test) {
  list all;
  for (const auto& each : test.timeline("Noted")) all.push_back(each.as<Noted>().number());
  return all;
}

}  // namespace

TEST_CASE(
    "a flow that falls behind reads, and goes on live exactly, whatever is appended meanwhile") {
  const std::size_t batch = GENERATE(1, 3, 4096);
  const bool crashes = GENERATE(false, true);
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    INFO("seed " << seed << ", batches of " << batch << (crashes ? ", with crashes" : ""));
    std::mt19937_64 random{seed};
    stumbling::stones stones;
    for (int i = 0; i < 40; ++i) {
      stones.left.insert(static_cast<std::int64_t>(random() % 300));
    }
    host_test test{{.seed = seed}};
    test.add<stumbling>(
        {.flush = flush_every(batch), .on_error = retry_then_stop(3).with_backoff(10ms)}, &stones);
    std::int64_t next = 0;
    while (next < 300) {
      static_cast<void>(
          test.append_later(some_notes(next, static_cast<std::int64_t>(random() % 6 + 1))));
      for (auto steps = random() % 25; steps > 0; --steps) test.step();
      if (random() % 4 == 0) test.advance(std::chrono::milliseconds{random() % 15});
      if (random() % 10 == 0) test.advance(2s);  // postings are written
      if (crashes && random() % 15 == 0) test.crash_and_restart();
    }
    test.advance(20s);
    CHECK(test.flow(flow_key{"Stumbling"}).status == flow_status::idle);
    CHECK(numbers(test.read<stumbling>()->state) == recorded_numbers(test));
    if (!crashes) CHECK(test.timeline().size() == static_cast<std::size_t>(next));
  }
}

TEST_CASE("the same with real threads: two write while the flow falls behind and comes back") {
  const std::uint64_t seed = GENERATE(1, 2, 3);
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  constexpr std::int64_t count = 20'000;
  stumbling::stones stones;
  for (int i = 0; i < 60; ++i) {
    stones.left.insert(static_cast<std::int64_t>(random() % (2 * count)));
  }
  const temporary_directory place;
  host running{{.store = place.path(), .worker_threads = 2}};
  REQUIRE(running.add<stumbling>({.on_error = retry_then_stop(3).with_backoff(1ms)}, &stones));
  REQUIRE(running.add<all_notes>());
  REQUIRE(running.open());
  const auto write = [&](std::int64_t from) {
    bool all = true;
    for (std::int64_t next = from; next < from + count;) {
      all = running.append(some_notes(next, 100)).get().has_value() && all;
    }
    return all;
  };
  auto one = std::async(std::launch::async, write, std::int64_t{0});
  auto other = std::async(std::launch::async, write, count);
  CHECK(one.get());
  CHECK(other.get());
  REQUIRE(running.wait_until_caught_up(60s));
  CHECK(stones.left.empty());
  const auto steady = running.read<all_notes>();
  const auto seen = running.read<stumbling>();
  REQUIRE(steady);
  REQUIRE(seen);
  CHECK(steady->state.count() == 2 * count);
  CHECK(numbers(seen->state) == numbers(steady->state));
}
