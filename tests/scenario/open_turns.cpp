// A flow that is behind handles what comes at once, and commits it when it is due.
#include <catch2/catch.hpp>

#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t room = 10;  // events in a window

/// A host with so many notes of "early", then as many of "late", and a type that has to see them.
struct behind {
  host_test test{{.room = room}};

  explicit behind(std::int64_t count) {
    test.add<all_notes>();
    for (std::int64_t i = 0; i < count; ++i) test.append(note("early", i));
    for (std::int64_t i = 0; i < count; ++i) test.append(note("late", i));
    test.stop();
  }
};

/// A topic that never decides anything.
struct undecided {
  static constexpr std::string_view name = "Undecided";
  static constexpr auto starts_from = first_event::of_history;
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void when(const Noted&, reactions&) const {}
};

/// Counts, and at one number gets a text that cannot be saved.
struct spoilt {
  static constexpr std::string_view name = "Spoilt";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) {
    state.set_number(state.number() + 1);
    if (e.number() == 23) state.set_text("\xff");
  }
  Noted state;
};

}  // namespace

TEST_CASE("what comes in ten windows is one batch") {
  behind that{50};
  that.test.add<notes>();
  that.test.restart();
  CHECK(that.test.read<notes>("late")->state.count() == 50);
  const auto all = that.test.running().statistics()->all;
  CHECK(all.activity.handled == 100);
  CHECK(all.activity.sizes.count == 2);  // of "early" and of "late"
}

TEST_CASE("nobody waits for more when the tail is reached") {
  behind that{50};
  that.test.add<notes>();
  that.test.restart();  // no time passes
  CHECK(that.test.read<notes>("early")->state.count() == 50);
}

TEST_CASE("a batch ends at its count, also in the middle of a window") {
  behind that{50};
  that.test.add<undecided>({.flush = flush_every(7)});
  that.test.restart();
  const auto one = *that.test.running().statistics(flow_key{"Undecided", "late"});
  CHECK(one.activity.causes.full == 7);
  CHECK(one.activity.causes.dry == 1);
}

TEST_CASE("of a query that is given its history, a batch ends with the window that fills it") {
  behind that{50};
  that.test.add<notes>({.flush = flush_every(7)});
  that.test.restart();
  const auto all = that.test.running().statistics()->all.activity;
  CHECK(all.handled == 100);
  CHECK(all.causes.full == 10);
  CHECK(all.sizes.count == 10);
  CHECK(that.test.read<notes>("late")->state.count() == 50);
}

TEST_CASE("an event that fails in a later window stops the flow right before it") {
  behind that{50};
  bool broken = true;
  that.test.add<fragile>({}, std::int64_t{37}, &broken);
  that.test.restart();
  const auto stopped = that.test.flow(flow_key{"Fragile", "early"});
  CHECK(stopped.error_position == position{37});
  CHECK(that.test.read<fragile>("early")->state.count() == 37);
  broken = false;
  REQUIRE(that.test.running().retry(flow_key{"Fragile", "early"}));
  that.test.run();
  CHECK(that.test.read<fragile>("early")->state.count() == 50);
}

TEST_CASE("a state that is found spoilt when the batch ends stops the flow where that happened") {
  behind that{50};
  that.test.add<spoilt>();
  that.test.restart();
  CHECK(that.test.flow(flow_key{"Spoilt", "early"}).error_position == position{23});
  CHECK(that.test.read<spoilt>("early")->state.number() == 23);
}

TEST_CASE("what was handled and not committed is handled again after a crash, and counts once") {
  for (int steps = 0; steps < 120; steps += 3) {
    INFO("dies after " << steps << " steps");
    behind that{50};
    that.test.add<notes>();
    that.test.restart_paused();
    for (int i = 0; i < steps && that.test.step(); ++i) {
    }
    that.test.crash_and_restart();
    std::vector<std::int64_t> all(50);
    for (std::int64_t i = 0; i < 50; ++i) all[static_cast<std::size_t>(i)] = i;
    CHECK(numbers(that.test.read<notes>("early")->state) == all);
    CHECK(numbers(that.test.read<notes>("late")->state) == all);
  }
}
