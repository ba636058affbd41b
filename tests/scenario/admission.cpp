// Lag contracts: appends from outside wait for flows that are too far behind.
#include <catch2/catch.hpp>

#include <millrace/admission.hpp>

#include <random>

#include "host/host_parts.hpp"
#include "host/stops.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

constexpr std::uint64_t most = 50;
constexpr std::size_t call_size = 10;

/// Counts what it folds.
struct counted {
  static constexpr std::string_view name = "Counted";
  using observes = events<Noted>;
  explicit counted(std::uint64_t* count) : folded(count) {}
  void given(const Noted& e) {
    ++*folded;
    add_to(state, e);
  }
  Notes state;
  std::uint64_t* folded;
};

/// Its routing is parked at the first event.
struct lost {
  static constexpr std::string_view name = "Lost";
  using observes = events<Noted>;
  static millrace::route route(const Noted&) { throw std::runtime_error{"where to?"}; }
  void given(const Noted& e) { add_to(state, e); }
  Notes state;
};

void agree(host_test& test, const lag_contracts& agreed = {.all = most}) {
  REQUIRE(agree_on_lag(test.running(), agreed));
}

std::vector<new_event> notes_of(const std::string& key, std::size_t count) {
  return std::vector<new_event>(count, new_event::of(note(key, 1)));
}

using answer = future<result<std::vector<position>>>;

bool is_refused(answer& of) {
  if (of.wait_for(std::chrono::seconds{0}) != std::future_status::ready) return false;
  const auto outcome = of.get();
  if (outcome) return false;
  CHECK(outcome.error().code == errc::overloaded);
  return true;
}

/// Appends until one is refused, and lets nothing but the journal run; how many events came in.
std::uint64_t fill(host_test& test) {
  std::uint64_t taken = 0;
  for (int i = 0; i < 100; ++i) {
    auto one = test.append_later(notes_of("a", call_size));
    if (is_refused(one)) return taken;
    taken += call_size;
  }
  return taken;
}

}  // namespace

TEST_CASE("while a flow is further behind than agreed, appends are refused, and then taken again") {
  std::uint64_t folded = 0;
  host_test test;
  test.add<counted>({}, &folded);
  agree(test);
  CHECK(fill(test) == most);
  test.run();
  CHECK(folded == most);
  CHECK(fill(test) == most);
}

TEST_CASE("with ten times the load the lag never exceeds the bound and one call") {
  const std::uint64_t seed = GENERATE(1, 2, 3, 4, 5, 6, 7, 8);
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  std::uint64_t folded = 0;
  host_test test{{.seed = seed, .room = seed % 2 == 0 ? 16u : 0u}};
  test.add<counted>({.flush = flush_every(4)}, &folded);
  agree(test);
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;
  for (int round = 0; round < 2000; ++round) {
    auto one = test.append_later(notes_of("a", 1 + random() % call_size));
    is_refused(one) ? ++refused : ++taken;
    for (auto steps = random() % 4; steps > 0; --steps) test.step();
    REQUIRE(test.running().tail().value - folded < most + call_size);
  }
  CHECK(refused > 500);
  CHECK(taken > 20);
  test.run();
  CHECK(folded == test.running().tail().value);
}

TEST_CASE("an event after a long time is no lag: what lies between concerned others") {
  host_test test;
  test.add<notes>();
  agree(test);
  test.append(note("rare", 1));
  for (std::uint64_t i = 0; i < 10 * most; ++i) test.append(note("busy", 1));
  CHECK_NOTHROW(test.append(note("rare", 2)));
  CHECK_NOTHROW(test.append(note("busy", 2)));
}

TEST_CASE("a flow that stops leaves its contract, says so, and is in it again when repaired") {
  bool broken = true;
  host_test test;
  test.add<fragile>({}, std::int64_t{3}, &broken);
  agree(test);
  std::vector<stopped_flow> told;
  const auto listening =
      watch_stops(test.running(), [&](const stopped_flow& what) { told.push_back(what); });
  const auto bad = test.append(note("a", 3));
  REQUIRE(told.size() == 1);
  CHECK(told[0].key == flow_key{"Fragile", "a"});
  CHECK(told[0].at == bad);
  CHECK(told[0].message.find("cannot digest") != std::string::npos);
  for (std::uint64_t i = 0; i < 3 * most; ++i) test.append(note("a", 1));
  broken = false;
  REQUIRE(test.running().retry(flow_key{"Fragile", "a"}));
  test.run();
  CHECK(test.flow(flow_key{"Fragile", "a"}).status == flow_status::idle);
  CHECK(fill(test) == most);
}

TEST_CASE("a type whose routing stops leaves its contract, and says so") {
  host_test test;
  test.add<lost>();
  agree(test);
  std::vector<stopped_flow> told;
  const auto listening =
      watch_stops(test.running(), [&](const stopped_flow& what) { told.push_back(what); });
  test.append(note("a", 1));
  test.advance(std::chrono::seconds{2});  // it is written with what the router has to write
  REQUIRE_FALSE(told.empty());
  CHECK(told[0].key == flow_key{"Lost"});
  for (std::uint64_t i = 0; i < 3 * most; ++i) test.append(note("a", 1));
}

TEST_CASE("what waited before counts from the agreement on") {
  std::uint64_t folded = 0;
  host_test test{{.room = 8}};
  test.add<counted>({}, &folded);
  test.run();
  auto before = test.append_later(notes_of("a", 2 * most));
  while (test.running().tail().value < 2 * most) REQUIRE(test.step());
  std::optional<result<void>> agreed;
  test.running().inside().running->agree_on_lag({most}, [&](auto done) { agreed = done; });
  while (!agreed) REQUIRE(test.step());
  REQUIRE(folded < most);
  CHECK(fill(test) == 0);
  test.run();
  CHECK(fill(test) >= most / 2);  // the router looks again when that much is left
}

TEST_CASE("a contract of a type comes before that of all, and is of a type that is here") {
  std::uint64_t folded = 0;
  host_test test;
  test.add<counted>({}, &folded).add<all_notes>();
  agree(test, {.all = 20, .of_type = {{"Counted", 1}}});
  CHECK(fill(test) == call_size);
  test.run();
  agree(test, {.all = 20, .of_type = {{"AllNotes", 0}, {"Counted", 100}}});
  CHECK(fill(test) == 100);
  test.run();
  CHECK(agree_on_lag(test.running(), {.all = 0, .of_type = {{"Nobody", 3}}}).error().code ==
        errc::invalid);
  agree(test, {});
  CHECK(fill(test) == 1000);
  CHECK_FALSE(room_for_appends(test.running()));
}

TEST_CASE("where no flow runs nobody has to keep up") {
  std::uint64_t folded = 0;
  host_test test{{.host = {.run_flows = false}}};
  test.add<counted>({}, &folded);
  agree(test);
  CHECK(fill(test) == 1000);
}
