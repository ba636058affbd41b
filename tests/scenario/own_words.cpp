// Promise 4: what a topic emits itself counts for it at once.
#include <catch2/catch.hpp>

#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

/// Answers each plain note with two more, that it folds itself, too; their numbers say how many
/// notes it had seen.
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

const std::vector<std::int64_t> right_after_their_causes{1, 11, 12, 2, 24, 25, 3, 37, 38};

std::vector<new_event> three_notes() {
  std::vector<new_event> events;
  for (std::int64_t number = 1; number <= 3; ++number) {
    events.push_back(new_event::of(note("a", number)));
  }
  return events;
}

}  // namespace

TEST_CASE("an own word counts at once: it is folded right after its cause, and not again later") {
  host_test test;
  test.add<echo>().add<all_notes>();
  REQUIRE(test.try_append(three_notes()));
  CHECK(numbers(test.read<echo>("a")->state) == right_after_their_causes);
  // Others see it where it was recorded.
  CHECK(numbers(test.read<all_notes>()->state) ==
        std::vector<std::int64_t>{1, 2, 3, 11, 12, 24, 25, 37, 38});
}

TEST_CASE("an own word counts in the same place when events come one by one") {
  host_test test;
  test.add<echo>({.flush = flush_every(1)});
  for (std::int64_t number = 1; number <= 3; ++number) test.append(note("a", number));
  CHECK(numbers(test.read<echo>("a")->state) == right_after_their_causes);
}

TEST_CASE("a restart neither forgets an own word nor folds it again") {
  host_test test;
  test.add<echo>({.flush = flush_every(1)});
  for (std::int64_t number = 1; number <= 3; ++number) {
    test.append(note("a", number));
    test.crash_and_restart();
  }
  CHECK(numbers(test.read<echo>("a")->state) == right_after_their_causes);
}
