// Subscriptions: from any position, filtered, through what is recorded and on into what comes.
#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

/// Writes down what a subscription brings: numbers, and -1 each time nothing more is there.
struct listener {
  std::vector<std::int64_t> heard;
  std::vector<position> at;

  host::event_handler handler() {
    return [this](delivery kind, const event* what) {
      if (kind == delivery::caught_up) {
        CHECK(what == nullptr);
        heard.push_back(-1);
        return;
      }
      at.push_back(what->at);
      const auto* body = dynamic_cast<const Noted*>(what->body);
      heard.push_back(body == nullptr ? -2 : body->number());
    };
  }
  std::vector<std::int64_t> take() { return std::exchange(heard, {}); }
};

using list = std::vector<std::int64_t>;

new_event tick() {
  new_event one;
  one.type = "Tick";
  one.payload = "{}";
  one.content_type = std::string{content_type_json};
  return one;
}

}  // namespace

TEST_CASE("a subscription brings what is recorded, says that it caught up, and goes on live") {
  host_test test;
  test.add<all_notes>();
  for (std::int64_t number = 0; number < 3; ++number) test.append(note("a", number));
  listener all;
  const auto open = test.running().subscribe({}, all.handler());
  test.run();
  CHECK(all.take() == list{0, 1, 2, -1});
  test.append(note("a", 3));
  CHECK(all.take() == list{3, -1});
  REQUIRE(test.try_append({new_event::of(note("a", 4)), new_event::of(note("b", 5))}));
  CHECK(all.take() == list{4, 5, -1});
  CHECK(all.at.back() == position{5});
}

TEST_CASE("a subscription to an empty timeline has caught up") {
  host_test test;
  test.add<all_notes>();
  listener all;
  const auto open = test.running().subscribe({}, all.handler());
  test.run();
  CHECK(all.take() == list{-1});
}

TEST_CASE("a subscription begins at its position, also at one that is not written yet") {
  host_test test;
  test.add<all_notes>();
  for (std::int64_t number = 0; number < 3; ++number) test.append(note("a", number));
  listener middle, later;
  const auto first = test.running().subscribe({.from = position{2}, .types = {}}, middle.handler());
  const auto second = test.running().subscribe({.from = position{5}, .types = {}}, later.handler());
  test.run();
  CHECK(middle.take() == list{2, -1});
  CHECK(later.take() == list{-1});
  for (std::int64_t number = 3; number < 7; ++number) test.append(note("a", number));
  CHECK(middle.take() == list{3, -1, 4, -1, 5, -1, 6, -1});
  std::erase(later.heard, -1);
  CHECK(later.take() == list{5, 6});
}

TEST_CASE("a subscription to some types brings those alone, also types that no flow observes") {
  host_test test;
  test.add<all_notes>();
  listener notes_only, ticks_only;
  const auto first =
      test.running().subscribe({.from = {}, .types = {"Noted"}}, notes_only.handler());
  const auto second =
      test.running().subscribe({.from = {}, .types = {"Tick"}}, ticks_only.handler());
  REQUIRE(test.try_append({new_event::of(note("a", 1)), tick(), new_event::of(note("a", 2))}));
  std::erase(notes_only.heard, -1);
  std::erase(ticks_only.heard, -1);
  CHECK(notes_only.take() == list{1, 2});
  CHECK(ticks_only.take() == list{-2});
  CHECK(ticks_only.at == std::vector<position>{{1}});
}

TEST_CASE("a subscription that is destroyed brings nothing more, and others go on") {
  host_test test;
  test.add<all_notes>();
  listener gone, stays;
  const auto open = test.running().subscribe({}, stays.handler());
  {
    const auto ended = test.running().subscribe({}, gone.handler());
    test.append(note("a", 1));
    CHECK(gone.heard.size() >= 2);
  }
  const auto before = gone.heard;
  test.append(note("a", 2));
  CHECK(gone.heard == before);
  CHECK(stays.heard.back() == -1);
  CHECK(stays.at.size() == 2);
}

TEST_CASE("a subscription may be ended from inside its own handler") {
  host_test test;
  test.add<all_notes>();
  for (std::int64_t number = 0; number < 5; ++number) test.append(note("a", number));
  int calls = 0;
  subscription open;
  open = test.running().subscribe({}, [&](delivery, const event*) {
    if (++calls == 3) open = {};
  });
  test.run();
  test.append(note("a", 5));
  CHECK(calls == 3);
}

TEST_CASE("a subscription reads a long timeline in slices, in order and without gaps") {
  const std::uint64_t seed = GENERATE(0, 1, 2);
  INFO("seed " << seed);
  constexpr std::int64_t count = 2 * limits::behind_read_max + 17;
  host_test test{{.seed = seed}};
  test.add<all_notes>();
  listener all;
  const auto open = test.running().subscribe({}, all.handler());
  for (std::int64_t number = 0; number < count;) {
    std::vector<new_event> some;
    for (const auto end = std::min(count, number + 1000); number < end; ++number) {
      some.push_back(new_event::of(note("a", number)));
    }
    static_cast<void>(test.append_later(std::move(some)));
    for (int steps = 0; steps < 5; ++steps) test.step();
  }
  test.run();
  std::erase(all.heard, -1);
  REQUIRE(all.heard.size() == static_cast<std::size_t>(count));
  for (std::int64_t number = 0; number < count; ++number) {
    if (all.heard[static_cast<std::size_t>(number)] != number) FAIL("missed " << number);
  }
}

TEST_CASE("a subscription that outlives its host is only over") {
  listener all;
  subscription open;
  {
    host_test test;
    test.add<all_notes>();
    open = test.running().subscribe({}, all.handler());
    test.append(note("a", 1));
  }
  CHECK(all.heard.size() >= 2);
  open = {};
}
