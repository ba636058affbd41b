// Promises 1 and 3: what is acknowledged is kept; reactions and checkpoint are one.
#include <catch2/catch.hpp>

#include <set>

#include "support/notes.hpp"
#include "support/shop.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

/// Answers each plain note with two more, that it folds itself, too.
struct echo {
  static constexpr std::string_view name = "Echo";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) { add_to(state, e); }
  void when(const Noted& e, reactions& then) const {
    if (!e.text().empty()) return;
    then.emit<Noted>() = note(e.key(), e.number() * 10 + state.count(), "first");
    then.emit<Noted>() = note(e.key(), e.number() * 10 + state.count() + 1, "second");
  }
  Notes state;
};

struct reader {
  static constexpr std::string_view name = "Reader";
  using observes = events<Noted>;
  void given(const Noted& e, const event& envelope) {
    add_to(state, e);
    if (envelope.at != position{static_cast<std::uint64_t>(state.count() - 1)}) state.set_sum(-1);
  }
  Notes state;
};

void check_outcome(host_test& test, std::int64_t appended) {
  const auto all = test.timeline();
  std::set<std::pair<std::uint64_t, std::string>> reactions;
  std::int64_t plain = 0;
  for (const auto& each : all) {
    const auto body = each.as<Noted>();
    if (body.text().empty()) {
      ++plain;
    } else {
      CHECK(reactions.emplace(each.cause->value, body.text()).second);
    }
  }
  CHECK(plain == appended);
  CHECK(reactions.size() == static_cast<std::size_t>(2 * plain));
  CHECK(test.read<echo>("a")->state.count() == 3 * plain);
  CHECK(test.read<reader>()->state.count() == 3 * plain);
}

}  // namespace

TEST_CASE("reactions survive a crash at every commit boundary, exactly once") {
  constexpr std::int64_t appended = 4;
  std::uint64_t boundaries = 0;
  for (std::uint64_t boundary = 0; boundary == 0 || boundary < boundaries; ++boundary) {
    INFO("the process dies before commit " << boundary);
    host_test test;
    test.add<echo>({.flush = flush_every(1)}).add<reader>();
    bool died = false;
    test.on_commit([&](std::uint64_t commit) {
      if (died || commit != boundary) return true;
      died = true;
      return false;
    });
    for (std::int64_t number = 0; number < appended; ++number) {
      // Not acknowledged: appended again, as a client would.
      while (!test.try_append({new_event::of(note("a", number))})) test.crash_and_restart();
      if (test.crashed()) test.crash_and_restart();
    }
    test.advance(std::chrono::seconds{5});
    if (test.crashed()) test.crash_and_restart();
    check_outcome(test, appended);
    boundaries = test.commits();
  }
  CHECK(boundaries > 10);
}

TEST_CASE("an acknowledged append survives the process, one that was not may be gone") {
  host_test test;
  test.add<reader>();
  test.append(note("a", 1));
  auto lost = test.append_later({new_event::of(note("a", 2))});
  test.crash_and_restart();
  CHECK(lost.wait_for(duration{0}) != std::future_status::timeout);
  CHECK(test.timeline().size() == 1);
  CHECK(test.read<reader>()->state.count() == 1);
}
