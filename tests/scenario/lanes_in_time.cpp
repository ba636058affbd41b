// When a lane commits, and when it counts as stuck.
#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>

#include "support/stepped_host.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace millrace::test;
using namespace std::chrono_literals;

namespace {

/// Calls a function of the test at each event.
struct calling {
  static constexpr std::string_view name = "Calling";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  explicit calling(std::function<void()>* what) : called(what) {}
  void given(const Noted& e) {
    (*called)();
    add_to(state, e);
  }
  Notes state;
  std::function<void()>* called;
};

/// Counts, in one instance.
struct counting {
  static constexpr std::string_view name = "Counting";
  using observes = events<Noted>;
  explicit counting(std::int64_t* count) : seen(count) {}
  void given(const Noted&) { ++*seen; }
  Notes state;
  std::int64_t* seen;
};

/// All flows of a history are in lanes, which get it in windows of so many events.
work_bounds in_lanes_by(std::size_t window) {
  work_bounds bounds;
  bounds.window = window;
  bounds.windows = 3 * window;
  bounds.lane_window = 1;
  return bounds;
}

}  // namespace

TEST_CASE("a turn waits for those that are open beside it, not for those that were committed") {
  constexpr std::int64_t pairs = 2000;
  constexpr auto of_event = 10us;
  const auto bounds = in_lanes_by(1000);
  std::function<void()> takes;
  std::vector<std::pair<flow_number, timestamp>> commits;
  stepped_host that{bounds};
  takes = [&] { that.time.advance(of_event); };
  std::vector<Noted> all{note("odd", 0)};
  for (std::int64_t i = 0; i < pairs; ++i) {
    all.push_back(note(std::to_string(i), 1));
    all.push_back(note(std::to_string(i), 2));
  }
  that.begin_with(all);
  REQUIRE(that.over.add<calling>({.flush = flush_every(2).or_after(1ms)}, &takes));
  REQUIRE(that.over.open());
  that.memory.before_commit([&](const commit_batch& batch) -> result<void> {
    for (const auto& each : batch.checkpoints) commits.emplace_back(each.flow, that.time.steady());
    return {};
  });
  const auto begun = that.time.steady();
  that.run();
  const auto odd = (*that.memory.find_flow(flow_key{"Calling", "odd"}, first_build))->entry.number;
  const auto its = std::find_if(commits.begin(), commits.end(),
                                [&](const auto& one) { return one.first == odd; });
  REQUIRE(its != commits.end());
  CHECK(its->second - begun < 20ms);
  CHECK(that.time.steady() - begun >= 2 * pairs * of_event);
}

TEST_CASE("a turn waits for those that are open in other lanes, too") {
  constexpr std::int64_t flows = 2000;
  constexpr auto of_event = 10us;
  auto bounds = in_lanes_by(1000);
  bounds.lane_flows = 2 * flows;
  std::function<void()> takes;
  std::int64_t counted = 0;
  std::vector<flow_number> commits;
  stepped_host that{bounds};
  takes = [&] { that.time.advance(of_event); };
  std::vector<Noted> all;
  for (std::int64_t i = 0; i < flows; ++i) all.push_back(note(std::to_string(i), i));
  that.begin_with(all);
  constexpr auto policy = flush_every(2 * flows).or_after(1ms);
  REQUIRE(that.over.add<calling>({.flush = policy}, &takes));
  REQUIRE(that.over.add<counting>({.flush = policy}, &counted));
  REQUIRE(that.over.open());
  that.memory.before_commit([&](const commit_batch& batch) -> result<void> {
    for (const auto& each : batch.checkpoints) commits.push_back(each.flow);
    return {};
  });
  that.run();
  REQUIRE(counted == flows);
  const auto one = (*that.memory.find_flow(flow_key{"Counting"}, first_build))->entry.number;
  // At the end of the history, though all of it took twenty times as long as a turn may.
  CHECK(std::count(commits.begin(), commits.end(), one) == 1);
}

TEST_CASE("a handler that hangs right after its lane had waited for the journal is noticed") {
  constexpr std::int64_t count = 400;
  auto bounds = in_lanes_by(16);
  bounds.lane_flows = 4;
  bool is_full = true;
  bool hangs = false;
  std::int64_t counted = 0;
  std::int64_t counted_meanwhile = 0;
  std::function<void()> what;
  stepped_host that{bounds};
  what = [&] {
    if (!std::exchange(hangs, false)) return;
    for (int i = 0; i < 40; ++i) that.advance(limits::lane_stuck_max / 4);  // the others go on
    counted_meanwhile = counted;
  };
  std::vector<Noted> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(note(std::to_string(i % 8), i));
  that.begin_with(all);
  REQUIRE(that.over.add<calling>({}, &what));
  REQUIRE(that.over.add<counting>({}, &counted));
  REQUIRE(that.over.open());
  that.memory.before_commit([&](const commit_batch& batch) -> result<void> {
    const bool refused = is_full && !batch.checkpoints.empty();
    return refused ? result<void>{error{errc::storage_full, "no space"}} : result<void>{};
  });
  for (int i = 0; i < 8; ++i) that.advance(limits::lane_stuck_max / 4);
  REQUIRE(counted < count);  // all wait for the journal
  is_full = false;
  hangs = true;
  for (int i = 0; i < 8; ++i) that.advance(limits::lane_stuck_max / 4);
  CHECK_FALSE(hangs);
  CHECK(counted_meanwhile == count);
  for (std::int64_t key = 0; key < 8; ++key) {
    const auto read = that.over.read<calling>(std::to_string(key));
    REQUIRE(read);
    CHECK(read->state.count() == count / 8);
  }
}
