// What a running host says of itself is what an independent count says.
#include <algorithm>
#include <catch2/catch.hpp>

#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

/// What happened, seen from inside and from the commits.
struct logged {
  std::vector<std::uint64_t> batches;  ///< events between two commits
  std::uint64_t open = 0;

  void commit() {
    if (open > 0) batches.push_back(open);
    open = 0;
  }
  /// All are small enough to be known exactly.
  [[nodiscard]] batch_sizes sizes() const {
    auto sorted = batches;
    std::sort(sorted.begin(), sorted.end());
    const auto at = [&](std::size_t percent) {
      return sorted.at((sorted.size() * percent + 99) / 100 - 1);
    };
    return {.count = sorted.size(), .p50 = at(50), .p95 = at(95), .p99 = at(99)};
  }
};

struct counted_notes {
  static constexpr std::string_view name = "Counted";
  using observes = events<Noted>;
  explicit counted_notes(logged* into) : log(into) {}
  void given(const Noted& e) {
    if (e.text() == "bad") throw std::runtime_error{"bad note"};
    add_to(state, e);
    ++log->open;
  }
  Notes state;
  logged* log;
};

std::vector<new_event> some(std::int64_t from, std::int64_t to) {
  std::vector<new_event> events;
  for (auto i = from; i < to; ++i) events.push_back(new_event::of(note("k", i)));
  return events;
}

}  // namespace

TEST_CASE("batches, causes and rates are those that happened") {
  host_test test;
  logged log;
  test.add<counted_notes>({.flush = flush_every(10)}, &log);
  test.on_commit([&](std::uint64_t) {
    log.commit();
    return true;
  });
  test.append(note("k", 0));
  test.append(note("k", 1));
  REQUIRE(test.try_append(some(2, 52)));
  test.advance(2s);
  const auto seen = *test.running().statistics();
  REQUIRE(seen.types.size() == 1);
  const auto& of = seen.types[0];
  CHECK(of.activity.handled == 52);
  CHECK(of.activity.sizes == log.sizes());
  CHECK(of.activity.sizes.count == log.batches.size());
  CHECK(of.activity.causes.reading == 0);
  CHECK(of.activity.causes.dry == 2);
  CHECK(of.activity.causes.full == 5);
  CHECK(of.activity.rate == Approx(52.0 / 2));
  CHECK(of.lag == 0);
  CHECK(of.to_catch_up() == duration{0});
  CHECK(of.checkpoint == position{51});
  CHECK(of.latest == position{51});
  CHECK(of.flows == 1);
  CHECK(seen.all.activity.handled == 52);
  const auto one = *test.running().statistics(flow_key{"Counted"});
  CHECK(one.activity.handled == 52);
  CHECK(one.activity.sizes == log.sizes());
  CHECK(one.state_size > 0);
  test.advance(20s);
  CHECK(test.running().statistics()->all.activity.rate == 0);
  CHECK(test.running().statistics(flow_key{"Nobody"}).error().code == errc::not_found);
}

TEST_CASE("a flow that begins anew reads its inbox, and its batches say so") {
  host_test test;
  logged log;
  test.add<counted_notes>({.flush = flush_every(10)}, &log);
  REQUIRE(test.try_append(some(0, 30)));
  test.run();
  REQUIRE(test.running().reset(flow_key{"Counted"}));
  test.run();
  const auto seen = *test.running().statistics();
  CHECK(seen.types[0].activity.causes.reading == 1);
  CHECK(seen.types[0].activity.causes.full == 3);
}

TEST_CASE("what stopped is behind, and never catches up by itself") {
  host_test test;
  logged log;
  test.add<counted_notes>({}, &log);
  REQUIRE(test.try_append(some(0, 5)));
  test.append(note("k", 5, "bad"));
  test.advance(3s);
  test.append(note("k", 6));
  test.advance(7s);
  const auto of = *test.running().statistics(flow_key{"Counted"});
  CHECK(of.stopped == 1);
  CHECK(of.lag == 2);
  CHECK(of.oldest == position{5});
  CHECK(of.oldest_age(test.now()) == duration{10s});
  REQUIRE(of.last_error);
  CHECK(of.last_error->at == position{5});
  CHECK(of.last_error->message == "bad note");
  test.advance(30s);
  CHECK_FALSE(test.running().statistics()->all.to_catch_up());
}

TEST_CASE("a flow that was behind reads, and what it did before it was unloaded is its type's") {
  host_test test;
  logged log;
  test.add<counted_notes>({}, &log);
  test.append(note("k", 0));
  test.advance(2min);
  CHECK(test.running().statistics(flow_key{"Counted"})->activity.handled == 0);
  CHECK(test.running().statistics()->all.activity.handled == 1);
  // Appended, and nobody came to handle it.
  const auto answer = test.append_later(some(1, 4));
  bool appended = false;
  test.on_commit([&](std::uint64_t) { return !std::exchange(appended, true); });
  test.run();
  test.on_commit({});
  test.crash_and_restart();
  const auto of = test.running().statistics()->all.activity;
  CHECK(of.handled == 3);
  CHECK(of.causes.dry + of.causes.full + of.causes.aged + of.causes.reading == of.sizes.count);
}
