// All flows of a type begin anew at once: one scan of the timeline feeds them, beside everything
// else, and exactly up to where the others are.
#include <catch2/catch.hpp>

#include "host/host_parts.hpp"
#include "support/diarist.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using millrace::test::act;
using millrace::test::append_surely;
using millrace::test::diarist;
using millrace::test::Do;
using millrace::test::lines;
using shop::note;
using shop::notes;
using shop::numbers;

namespace {

using list = std::vector<std::string>;
constexpr int many = 40;

std::string id_of(int flow) { return "n" + std::to_string(flow); }

/// So many flows that a scan is cheaper than each of them reading its own events.
void note_for_many(host_test& test, int rounds = 4) {
  for (int round = 0; round < rounds; ++round) {
    for (int flow = 0; flow < many; ++flow) test.append(note(id_of(flow), round * many + flow));
  }
}

/// Some of them done, with own words, and with timers that fired, were cancelled or are set.
void live_for_many(host_test& test) {
  for (int flow = 0; flow < many; ++flow) {
    test.append(act(id_of(flow), "one", {{Do::SAY, "hello"}, {Do::BELL, "1"}, {Do::CHIME, "9"}}));
  }
  test.advance(2min);
  for (int flow = 0; flow < many; ++flow) {
    const auto last = flow % 3 == 0 ? Do::DONE : Do::CANCEL_CHIME;
    test.append(act(id_of(flow), "two", {{Do::SAY, "again"}, {Do::BELL, "60"}, {last, ""}}));
  }
}

std::vector<std::pair<position, std::string>> recorded(host_test& test) {
  std::vector<std::pair<position, std::string>> all;
  for (auto& one : test.timeline()) all.emplace_back(one.at, one.type + one.payload);
  return all;
}

std::vector<list> all_lines(host_test& test) {
  std::vector<list> all;
  for (int flow = 0; flow < many; ++flow) all.push_back(lines(test, id_of(flow)));
  return all;
}

/// Its route() cannot take one number.
struct picky {
  static constexpr std::string_view name = "Picky";
  using observes = events<shop::Noted>;
  static millrace::route route(const shop::Noted& e) {
    if (e.number() == 5) throw std::runtime_error{"not 5"};
    return starts(e.key());
  }
  void given(const shop::Noted& e) { shop::add_to(state, e); }
  shop::Notes state;
};

}  // namespace

TEST_CASE("many flows that begin anew share one scan, and others get none of it") {
  host_test test;
  test.add<notes>().add<shop::all_notes>();
  note_for_many(test);
  const auto before = test.read<notes>("n7");
  const auto counted = test.running().counters();
  const auto begun = test.running().reset_type("Notes");
  REQUIRE(begun);
  CHECK(begun->flows == many);
  CHECK(begun->one_scan);
  test.run();
  const auto after = test.read<notes>("n7");
  REQUIRE(after);
  CHECK(numbers(after->state) == numbers(before->state));
  CHECK(after->changed == before->changed);
  CHECK(after->generation == before->generation + 65'536);
  CHECK_FALSE(after->frozen);
  const auto now = test.running().counters();
  CHECK(now.timeline_reads - counted.timeline_reads == 4 * many);
  CHECK(now.handled - counted.handled == 4 * many);
  CHECK(now.posting_reads == counted.posting_reads);
}

TEST_CASE("few flows that begin anew read their own events and leave the rest of the timeline") {
  host_test test;
  test.add<notes>().add<shop::fragile>({}, std::int64_t{-1}, nullptr);
  for (std::int64_t i = 0; i < 300; ++i) test.append(note(i % 150 == 0 ? "a" : "b", i));
  const auto counted = test.running().counters();
  REQUIRE(test.running().reset(flow_key{"Notes", "a"}));
  test.run();
  CHECK(test.running().counters().timeline_reads - counted.timeline_reads == 2);
  const auto begun = test.running().reset_type("Notes");
  REQUIRE(begun);
  CHECK(begun->flows == 2);
}

TEST_CASE("the former result is served until all flows have caught up") {
  bool broken = false;
  host_test test;
  test.add<shop::fragile>({}, std::int64_t{many + 3}, static_cast<const bool*>(&broken));
  note_for_many(test);
  broken = true;
  REQUIRE(test.running().reset_type("Fragile"));
  test.run();
  test.append(note("n1", 1000));
  CHECK(test.flow({"Fragile", "n3"}).status == flow_status::stopped);
  const auto old = test.read<shop::fragile>("n1");
  CHECK(old->frozen);
  CHECK(old->state.count() == 4);
  if (GENERATE(true, false)) test.crash_and_restart();
  broken = false;
  REQUIRE(test.running().retry({"Fragile", "n3"}));
  test.run();
  const auto now = test.read<shop::fragile>("n1");
  CHECK_FALSE(now->frozen);
  CHECK(now->state.count() == 5);
  CHECK(test.read<shop::fragile>("n3")->state.count() == 4);
}

TEST_CASE("a flow that has not begun anew with its type yet is there, and cannot be reset again") {
  host_test test{{.room = 4}};
  test.add<notes>();
  note_for_many(test);
  auto& engine = *test.running().inside().running;
  bool is_begun = false;
  engine.reset_type("Notes", false,
                    [&](const result<void>& begun) { is_begun = begun.has_value(); });
  while (!is_begun && test.step()) {
  }
  std::optional<errc> refused;
  engine.repair({"Notes", id_of(many - 1)}, {.what = repair_order::kind::reset},
                [&](const result<void>& done) {
                  if (!done) refused = done.error().code;
                });
  test.run();
  CHECK(refused == errc::conflict);
  CHECK(test.running().reset({"Notes", id_of(many - 1)}));
}

TEST_CASE("whatever dies while a type begins anew, each flow sees its events once") {
  const std::uint64_t nth = GENERATE(range(0, 14));
  CAPTURE(nth);
  host_test test;
  test.add<notes>({.flush = flush_every(3)});
  note_for_many(test, 2);
  test.on_commit([left = nth](std::uint64_t) mutable { return left-- != 0; });
  const auto begun = test.running().reset_type("Notes");
  for (int flow = 0; flow < many; ++flow) {
    append_surely(test, note(id_of(flow), 1000 + flow), id_of(flow));
  }
  if (test.crashed()) test.crash_and_restart();
  test.run();
  for (int flow = 0; flow < many; ++flow) {
    const auto now = test.read<notes>(id_of(flow));
    REQUIRE(now);
    CHECK(numbers(now->state) == std::vector<std::int64_t>{flow, many + flow, 1000 + flow});
    CHECK_FALSE(now->frozen);
  }
  // Once it was acknowledged it is not forgotten.
  if (begun) CHECK(test.read<notes>("n0")->generation >= 65'536);
}

TEST_CASE("a type can begin anew while it begins anew") {
  host_test test;
  test.add<notes>();
  note_for_many(test);
  for (std::uint64_t time = 1; time < 4; ++time) {
    REQUIRE(test.running().reset_type("Notes"));
    if (GENERATE(true, false)) test.crash_and_restart();
  }
  test.run();
  CHECK(test.read<notes>("n5")->state.count() == 4);
  CHECK(test.read<notes>("n5")->generation == 3 * 65'536);
  const auto old = test.running().switch_type("Notes", {.drop_old = true});
  REQUIRE_FALSE(old);  // nothing of the former results is left
  CHECK(old.error().code == errc::conflict);
}

TEST_CASE(
    "a type can begin anew before its last reset is served; of the former builds none is kept") {
  bool broken = false;
  host_test test;
  test.add<shop::fragile>({}, std::int64_t{many + 3}, static_cast<const bool*>(&broken));
  note_for_many(test);
  test.append(note("n3", many + 3));
  broken = true;
  REQUIRE(test.running().reset_type("Fragile"));
  test.run();
  CHECK(test.read<shop::fragile>("n1")->frozen);
  // What is skipped in a build that is not served yet stays skipped in the next one.
  REQUIRE(test.running().skip({"Fragile", "n3"}));
  CHECK(test.flow({"Fragile", "n3"}).status == flow_status::stopped);
  REQUIRE(test.running().reset_type("Fragile"));
  test.run();
  if (GENERATE(true, false)) test.crash_and_restart();
  REQUIRE(test.running().skip({"Fragile", "n3"}));
  test.run();
  CHECK_FALSE(test.read<shop::fragile>("n1")->frozen);
  CHECK(test.read<shop::fragile>("n1")->generation == 2 * 65'536);
  CHECK(test.read<shop::fragile>("n3")->state.count() == 3);
  CHECK(test.running().switch_type("Fragile", {.drop_old = true}).error().code == errc::conflict);
}

TEST_CASE("a reset is not undone by a program that goes to another version and back") {
  bool broken = false;
  host_test test;
  test.add<shop::fragile>({}, std::int64_t{many + 3}, static_cast<const bool*>(&broken));
  note_for_many(test);
  broken = true;
  REQUIRE(test.running().reset_type("Fragile"));
  test.run();
  auto other = describe<shop::fragile>({.on_new_version = new_version::wait_for_switch},
                                       std::int64_t{many + 3}, static_cast<const bool*>(&broken));
  other.version = 2;
  test.stop();
  test.clear_flows().add(other);
  test.restart();
  test.stop();
  broken = false;
  test.clear_flows().add<shop::fragile>({}, std::int64_t{many + 3},
                                        static_cast<const bool*>(&broken));
  test.restart();
  REQUIRE(test.running().retry({"Fragile", "n3"}));
  test.run();
  const auto now = test.read<shop::fragile>("n1");
  CHECK(now->generation == 65'536);
  CHECK_FALSE(now->frozen);
}

TEST_CASE("a topic of many flows comes to where it was and appends nothing") {
  const bool accepts = GENERATE(false, true);
  const bool dies = GENERATE(false, true);
  host_test test;
  test.add<diarist>();
  live_for_many(test);
  const auto noted = all_lines(test);
  const auto timeline = recorded(test);
  const auto schedule = test.schedule();
  const auto begun = test.running().reset_type("Diarist", {.accept_history = accepts});
  REQUIRE(begun);
  CHECK(begun->one_scan);
  if (dies) test.crash_and_restart();
  test.run();
  CHECK(all_lines(test) == noted);
  CHECK(recorded(test) == timeline);
  CHECK(test.schedule() == schedule);

  test.append(act("n1", "three", {{Do::SAY, "live"}}));
  CHECK(lines(test, "n1").back() == "word live");
  test.advance(60min);
  CHECK(lines(test, "n1").back() == "word heard 60");
  CHECK(lines(test, "n0") == list{"not alive"});
}

TEST_CASE("a topic begins anew from what it decided, though a crash lost how far it was routed") {
  host_test test;
  test.add<diarist>();
  live_for_many(test);
  const auto noted = all_lines(test);
  const auto timeline = recorded(test);
  test.crash();
  test.restart_paused();
  bool is_begun = false;
  test.running().inside().running->reset_type(
      "Diarist", false, [&](const result<void>& begun) { is_begun = begun.has_value(); });
  test.run();
  CHECK(is_begun);
  CHECK(all_lines(test) == noted);
  CHECK(recorded(test) == timeline);
}

TEST_CASE(
    "whatever dies while a topic begins anew, nothing is said twice and nothing is left out") {
  const std::uint64_t nth = GENERATE(range(0, 16));
  CAPTURE(nth);
  host_test test;
  test.add<diarist>({.flush = flush_every(2)});
  live_for_many(test);
  const auto noted = all_lines(test);
  const auto timeline = recorded(test);
  test.on_commit([left = nth](std::uint64_t) mutable { return left-- != 0; });
  static_cast<void>(test.running().reset_type("Diarist"));
  if (test.crashed()) test.crash_and_restart();
  test.run();
  CHECK(all_lines(test) == noted);
  CHECK(recorded(test) == timeline);
}

TEST_CASE("what a topic was made to skip stays skipped when its type begins anew") {
  bool broken = true;
  host_test test;
  test.add<diarist>({}, static_cast<const bool*>(&broken));
  live_for_many(test);
  test.append(act("n1", "bad", {{Do::SAY, "never"}, {Do::THROW, "this"}}));
  REQUIRE(test.running().skip({"Diarist", "n1"}));
  test.append(act("n1", "good", {{Do::SAY, "more"}}));
  const auto noted = lines(test, "n1");
  broken = false;
  REQUIRE(test.running().reset_type("Diarist"));
  test.run();
  CHECK(lines(test, "n1") == noted);
}

TEST_CASE("an event that its type was made to pass by is not routed when the type begins anew") {
  host_test test;
  test.add<picky>();
  note_for_many(test);
  REQUIRE(test.running().skip(flow_key::parse("Picky")));
  test.run();
  REQUIRE(test.running().reset_type("Picky"));
  test.run();
  CHECK(test.read<picky>("n6")->state.count() == 4);
  CHECK(test.read<picky>("n5")->state.count() == 3);
}

TEST_CASE("a wait for an event ends when the flows it went to begin anew") {
  host_test test;
  test.add<notes>();
  note_for_many(test);
  REQUIRE(test.running().reset_type("Notes"));
  CHECK(test.running().wait(position{3}, 1s));
}

TEST_CASE("a type that is not here, has no flows, or is reset already is refused") {
  host_test test;
  test.add<notes>();
  const auto none = test.running().reset_type("Notes");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::not_found);
  const auto unknown = test.running().reset_type("Nobody");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == errc::not_found);
}
