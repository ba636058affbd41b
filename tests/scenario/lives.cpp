// The lives of an instance: a starts begins one, done or ends closes it, joins never begin one.
#include <catch2/catch.hpp>

#include <algorithm>

#include "support/diarist.hpp"
#include "support/notes.hpp"
#include "support/shop.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using millrace::test::act;
using millrace::test::diarist;
using millrace::test::Do;
using millrace::test::fired;
using millrace::test::joining;
using millrace::test::lines;
using shop::note;
using shop::numbers;

namespace {

using list = std::vector<std::string>;

const flow_key diary_of_x{"Diarist", "x"};

template <class... E>
std::vector<new_event> together(const E&... bodies) {
  return {new_event::of(bodies)...};
}

/// Appends in one call, or each by itself and with a crash in between.
void append_all(host_test& test, const std::vector<new_event>& events, bool apart) {
  if (!apart) REQUIRE(test.try_append(events));
  if (!apart) return;
  for (const auto& each : events) {
    test.append(each);
    test.crash_and_restart();
  }
}

bool has_flow(host_test& test, const flow_key& key) {
  const auto all = test.flows();
  return std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.key == key; });
}

/// What one customer has on the tab; ends when it is paid.
struct tab {
  static constexpr std::string_view name = "Tab";
  using observes = events<shop::OrderPlaced, shop::OrderPaid>;
  static millrace::route route(const shop::OrderPlaced& e) { return starts(e.order_id()); }
  static millrace::route route(const shop::OrderPaid& e) { return joins(e.order_id()); }
  void given(const shop::OrderPlaced& e) { state.set_total(state.total() + e.total()); }
  bool ends(const shop::OrderPaid&) const { return true; }
  shop::OrderList state;
};

/// At 0 it says 100 to itself, and ends.
struct phoenix {
  static constexpr std::string_view name = "Phoenix";
  using observes = events<shop::Noted>;
  static millrace::route route(const shop::Noted& e) { return starts(e.key()); }
  void given(const shop::Noted& e) { add_to(state, e); }
  void when(const shop::Noted& e, reactions& then) const {
    if (e.number() != 0) return;
    then.emit<shop::Noted>() = note(e.key(), 100 + state.count());
    then.done();
  }
  shop::Notes state;
};

}  // namespace

TEST_CASE("after done the next starts begins a new life with a fresh state") {
  const bool apart = GENERATE(false, true);
  const std::size_t batch = GENERATE(1, 2, 4096);
  host_test test;
  test.add<diarist>({.flush = flush_every(batch)});
  append_all(test, together(act("x", "one"), act("x", "two", {{Do::DONE, ""}})), apart);
  CHECK(lines(test, "x") == list{"not alive"});
  CHECK(test.flow(diary_of_x).done);
  append_all(test, together(act("x", "three"), act("x", "four")), apart);
  CHECK(lines(test, "x") == list{"three", "four"});
  CHECK_FALSE(test.flow(diary_of_x).done);
  CHECK(test.flow(diary_of_x).status == flow_status::idle);
}

TEST_CASE("what only joins passes by while nobody lives, and counts as handled") {
  const bool apart = GENERATE(false, true);
  const std::size_t batch = GENERATE(1, 2, 4096);
  host_test test;
  test.add<diarist>({.flush = flush_every(batch)});
  append_all(test,
             together(act("x", "one", {{Do::DONE, ""}}), joining(act("x", "lost")),
                      joining(act("x", "lost, too", {{Do::SAY, "nothing"}}))),
             apart);
  CHECK(lines(test, "x") == list{"not alive"});
  CHECK(test.flow(diary_of_x).checkpoint == position{2});
  CHECK(test.timeline("Word").empty());
  append_all(test, together(act("x", "anew"), joining(act("x", "seen"))), apart);
  CHECK(lines(test, "x") == list{"anew", "seen"});
}

TEST_CASE("what joins somebody who never started leaves no trace") {
  const bool apart = GENERATE(false, true);
  host_test test;
  test.add<diarist>();
  append_all(test, together(joining(act("x", "nobody")), act("y", "somebody")), apart);
  CHECK_FALSE(has_flow(test, diary_of_x));
  CHECK(has_flow(test, flow_key{"Diarist", "y"}));
  CHECK(test.running().wait(position{0}));
  CHECK(lines(test, "x") == list{"not alive"});
  append_all(test, together(act("x", "begin"), joining(act("x", "more"))), apart);
  CHECK(lines(test, "x") == list{"begin", "more"});
}

TEST_CASE("own words of a former life are news to the next one") {
  host_test test;
  test.add<diarist>();
  SECTION("when the next life has begun before they arrive") {
    REQUIRE(test.try_append(
        together(act("x", "one", {{Do::SAY, "bye"}, {Do::DONE, ""}}), act("x", "two"))));
    CHECK(lines(test, "x") == list{"two", "word bye"});
  }
  SECTION("and pass by when nobody lives") {
    test.append(act("x", "one", {{Do::SAY, "bye"}, {Do::DONE, ""}}));
    test.append(act("x", "two"));
    CHECK(lines(test, "x") == list{"two"});
  }
  SECTION("while own words of the present life are folded once") {
    REQUIRE(test.try_append(together(act("x", "one", {{Do::DONE, ""}}),
                                     act("x", "two", {{Do::SAY, "hello"}}), act("x", "three"))));
    CHECK(lines(test, "x") == list{"two", "word hello", "three"});
  }
  const auto before = lines(test, "x");
  test.crash_and_restart();
  CHECK(lines(test, "x") == before);
}

TEST_CASE("what is said together with done is recorded, what is scheduled is not") {
  host_test test;
  test.add<diarist>();
  const auto last =
      test.append(act("x", "end", {{Do::DONE, ""}, {Do::SAY, "bye"}, {Do::BELL, "5"}}));
  const auto words = test.timeline("Word");
  REQUIRE(words.size() == 1);
  CHECK(words[0].cause == last);
  CHECK(test.schedule().empty());
  CHECK(test.timeline("Bell").empty());
  CHECK(lines(test, "x") == list{"not alive"});
}

TEST_CASE("an own word that starts begins the life after the one that said it") {
  const bool apart = GENERATE(false, true);
  const std::size_t batch = GENERATE(1, 2, 4096);
  host_test test;
  test.add<phoenix>({.flush = flush_every(batch)});
  append_all(test, together(note("a", 7), note("a", 0)), apart);
  CHECK(numbers(test.read<phoenix>("a")->state) == std::vector<std::int64_t>{102});
  append_all(test, together(note("a", 8)), apart);
  CHECK(numbers(test.read<phoenix>("a")->state) == std::vector<std::int64_t>{102, 8});
  CHECK(test.timeline().size() == 4);
}

TEST_CASE("a timer of a former life is not observed by the next, nor does it begin one") {
  bool broken = true;
  const std::size_t batch = GENERATE(1, 2, 4096);
  host_test test;
  test.add<diarist>({.flush = flush_every(batch)}, &broken);
  // It is stopped before it can end, so its timer fires first.
  test.append(act("x", "begin", {{Do::BELL, "10!"}}));
  test.append(act("x", "bad", {{Do::THROW, "do it"}}));
  test.append(act("x", "end", {{Do::DONE, ""}}));
  const bool anew = GENERATE(false, true);
  if (anew) test.append(act("x", "anew", {{Do::CHIME, "60"}}));
  test.advance(10min);
  REQUIRE(fired(test, "Bell").size() == 1);
  if (GENERATE(false, true)) test.crash_and_restart();
  broken = false;
  REQUIRE(test.running().retry(diary_of_x));
  test.run();
  CHECK(lines(test, "x") == (anew ? list{"anew"} : list{"not alive"}));
  CHECK(test.timeline("Word").empty());
  test.advance(2h);
  CHECK(lines(test, "x") == (anew ? list{"anew", "chime 60"} : list{"not alive"}));
  test.append(act("x", "last"));
  CHECK(lines(test, "x").back() == "last");
}

TEST_CASE("a query ends, and begins anew") {
  const bool apart = GENERATE(false, true);
  const std::size_t batch = GENERATE(1, 2, 4096);
  host_test test;
  test.add<tab>({.flush = flush_every(batch)});
  append_all(test, together(shop::placed("a", 5), shop::placed("a", 6), shop::placed("b", 1)),
             apart);
  CHECK(test.read<tab>("a")->state.total() == 11);
  const auto before = test.read<tab>("a")->etag();

  append_all(test, together(shop::paid("a"), shop::paid("a"), shop::paid("nobody")), apart);
  const auto ended = test.read<tab>("a");
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == errc::not_found);
  CHECK(test.flow(flow_key{"Tab", "a"}).done);
  CHECK(test.read<tab>("b")->state.total() == 1);

  append_all(test, together(shop::placed("a", 5), shop::placed("a", 6)), apart);
  CHECK(test.read<tab>("a")->state.total() == 11);
  CHECK(test.read<tab>("a")->etag() != before);
  CHECK_FALSE(test.flow(flow_key{"Tab", "a"}).done);
}

TEST_CASE("an instance can end and begin many times within one batch") {
  const std::size_t batch = GENERATE(1, 3, 4096);
  host_test test;
  test.add<tab>({.flush = flush_every(batch)}).add<diarist>({.flush = flush_every(batch)});
  std::vector<new_event> events;
  for (int life = 0; life < 50; ++life) {
    events.push_back(new_event::of(shop::placed("a", life)));
    events.push_back(new_event::of(shop::paid("a")));
    events.push_back(new_event::of(act("x", std::to_string(life), {{Do::BELL, "9"}})));
    events.push_back(new_event::of(act("x", "end", {{Do::SAY, "bye"}, {Do::DONE, ""}})));
  }
  events.push_back(new_event::of(shop::placed("a", 1000)));
  REQUIRE(test.try_append(std::move(events)));
  CHECK(test.read<tab>("a")->state.total() == 1000);
  CHECK(test.timeline("Word").size() == 50);
  CHECK(test.schedule().empty());
  CHECK(lines(test, "x") == list{"not alive"});
  test.crash_and_restart();
  test.advance(1h);
  CHECK(test.read<tab>("a")->state.total() == 1000);
  CHECK(fired(test).empty());
}
