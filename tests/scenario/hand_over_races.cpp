// What comes between two looks of those who hand a flow over to live, or a version to its readers.
#include <catch2/catch.hpp>

#include "host/host_parts.hpp"
#include "store/memory_store.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

using list = std::vector<std::int64_t>;

memory_store& store_of(host_test& test) {
  return dynamic_cast<memory_store&>(*test.running().inside().stored);
}

/// The same in another version.
struct newer_notes {
  static constexpr std::string_view name = notes::name;
  static constexpr int version = 2;
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) { add_to(state, e); }
  Notes state;
};

/// The version that is served, durably.
std::uint32_t served_version(const store& from) {
  const auto rows = from.flow_types();
  REQUIRE(rows);
  std::uint32_t served = 0;
  for (const auto& row : *rows) {
    if (row.name() == notes::name && row.served()) served = row.version();
  }
  return served;
}

}  // namespace

TEST_CASE("a flow that has read its inbox to the end misses nothing that is written then") {
  const std::int64_t more = GENERATE(1, 2, 3, 4, 5, 6);
  INFO(more << " events");
  host_test test{{.room = 1}};
  test.add<notes>();
  for (std::int64_t i = 0; i < 5; ++i) test.append(note("a", i));
  list wanted{0, 1, 2, 3, 4};
  bool raced = false;
  store_of(test).at_the_end_of_an_inbox([&] {
    raced = true;
    for (std::int64_t i = 5; i < 5 + more; ++i) {
      test.append_later({new_event::of(note("a", i))});
      test.run();
    }
    test.advance(std::chrono::seconds{2});  // what is routed is written by then
  });
  REQUIRE(test.running().reset(flow_key{"Notes", "a"}));
  test.run();
  CHECK(raced);
  for (std::int64_t i = 5; i < 5 + more; ++i) wanted.push_back(i);
  const auto seen = test.read<notes>("a");
  REQUIRE(seen);
  CHECK(list(seen->state.numbers().begin(), seen->state.numbers().end()) == wanted);
}

TEST_CASE("caught up is answered when the version that takes over by itself is served, on disk") {
  const std::uint64_t seed = GENERATE(range(1, 20));
  INFO("seed " << seed);
  host_test test{{.seed = seed, .room = 3}};
  test.add<notes>();
  for (std::int64_t i = 0; i < 12; ++i) test.append(note(std::to_string(i % 3), i));
  test.stop();
  test.clear_flows().add<newer_notes>();
  test.restart_paused();
  const auto caller = std::make_shared<int>(0);
  bool answered = false;
  test.running().inside().running->when_caught_up(caller, [&](const result<void>& done) {
    REQUIRE(done);
    answered = true;
  });
  while (!answered) REQUIRE(test.step());
  CHECK(served_version(store_of(test)) == 2);
}
