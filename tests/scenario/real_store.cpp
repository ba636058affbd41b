// The same engine over a real SQLite file, with real threads.
#include <catch2/catch.hpp>
#include <millrace/host.hpp>

#include <map>

#include "support/shop.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

struct notes_by_key {
  static constexpr std::string_view name = "NotesByKey";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) {
    state.set_count(state.count() + 1);
    state.set_sum(state.sum() + e.number());
    state.set_last(e.number());
  }
  Notes state;
};

/// Answers every third note with one for another key.
struct answering {
  static constexpr std::string_view name = "Answering";
  using observes = events<Noted>;
  void given(const Noted&) { state.set_count(state.count() + 1); }
  void when(const Noted& e, reactions& then) const {
    if (e.number() % 3 != 0 || e.text() == "answer") return;
    auto& answer = then.emit<Noted>();
    answer.set_key("answers");
    answer.set_number(e.number());
    answer.set_text("answer");
  }
  Notes state;
};

}  // namespace

TEST_CASE("20,000 events reach a hundred flows, a topic answers, and a restart finds it all") {
  const temporary_directory place;
  constexpr std::int64_t count = 20'000;
  constexpr std::int64_t answers = (count + 2) / 3;
  {
    host running{{.store = place.path()}};
    REQUIRE(running.add<notes_by_key>());
    REQUIRE(running.add<answering>());
    REQUIRE(running.open());
    std::vector<future<result<std::vector<position>>>> acknowledged;
    for (std::int64_t first = 0; first < count; first += 500) {
      std::vector<new_event> batch;
      for (auto number = first; number < first + 500; ++number) {
        Noted note;
        note.set_key("k" + std::to_string(number % 100));
        note.set_number(number);
        batch.push_back(new_event::of(note));
      }
      acknowledged.push_back(running.append(std::move(batch)));
    }
    for (auto& each : acknowledged) REQUIRE(each.get());
    const auto caught_up = running.wait_until_caught_up(std::chrono::seconds{60});
    INFO((caught_up ? "" : caught_up.error().message));
    REQUIRE(caught_up);
    CHECK(running.tail() == position{static_cast<std::uint64_t>(count + answers)});
  }
  host again{{.store = place.path()}};
  REQUIRE(again.add<notes_by_key>());
  REQUIRE(again.add<answering>());
  REQUIRE(again.open());
  REQUIRE(again.wait_until_caught_up(std::chrono::seconds{60}));
  CHECK(again.counters().handled == 0);
  CHECK(again.counters().timeline_reads == 0);
  for (int key = 0; key < 100; ++key) {
    const auto read = again.read<notes_by_key>("k" + std::to_string(key));
    REQUIRE(read);
    CHECK(read->state.count() == count / 100);
  }
  CHECK(again.read<notes_by_key>("answers")->state.count() == answers);
  CHECK(again.read<answering>()->state.count() == count + answers);
}
