// Promise 10: every query knows how far it has scanned and where it last changed; equal tags mean
// equal bytes.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>

#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

/// The largest number so far; the text "ignored" is looked at by nobody. -1 takes it back to
/// nothing.
struct maximum {
  static constexpr std::string_view name = "Maximum";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) {
    if (e.number() < 0) {
      state.clear_last();
    } else if (e.text() != "ignored") {
      state.set_last(std::max(state.last(), e.number()));
    }
    if (!e.ballast().empty()) state.set_ballast(e.ballast());
  }
  Notes state;
};

struct heard {
  std::string bytes;
  std::string tag;
};

heard read_of(host_test& test, const std::string& id) {
  const auto typed = test.read<maximum>(id);
  const auto raw = test.running().read(flow_key{"Maximum", id});
  REQUIRE(typed);
  REQUIRE(raw);
  return {raw->state, typed->etag()};
}

}  // namespace

TEST_CASE("scanned moves with every event of the type, changed only when the state's bytes do") {
  host_test test;
  test.add<maximum>();
  test.append(note("a", 5));
  auto seen = test.read<maximum>("a");
  CHECK(seen->scanned == position{0});
  CHECK(seen->changed == position{0});
  const auto tag = seen->etag();

  test.append(note("a", 3));
  test.append(note("a", 7, "ignored"));
  seen = test.read<maximum>("a");
  CHECK(seen->scanned == position{2});
  CHECK(seen->changed == position{0});
  CHECK(seen->etag() == tag);

  test.append(note("b", 1));
  seen = test.read<maximum>("a");
  CHECK(seen->scanned == position{3});  // nothing for it there, but it is known to
  CHECK(seen->etag() == tag);

  test.append(note("a", 9));
  seen = test.read<maximum>("a");
  CHECK(seen->scanned == position{4});
  CHECK(seen->changed == position{4});
  CHECK(seen->etag() == "\"4-0\"");
}

TEST_CASE("the two numbers are the same after a crash, an orderly restart and being idle") {
  host_test test;
  test.add<maximum>();
  test.append(note("a", 5));
  test.append(note("a", 3));
  test.append(note("b", 3));
  const auto before = read_of(test, "a");
  SECTION("a crash") { test.crash_and_restart(); }
  SECTION("a stop") {
    test.stop();
    test.restart();
  }
  SECTION("idle") { test.advance(1h); }
  CHECK(read_of(test, "a").bytes == before.bytes);
  CHECK(read_of(test, "a").tag == before.tag);
  CHECK(test.read<maximum>("a")->scanned == position{2});
}

TEST_CASE("a query that waits for an event has not scanned it") {
  bool broken = true;
  host_test test;
  test.add<fragile>({}, std::int64_t{3}, &broken);
  for (std::int64_t number = 1; number < 6; ++number) test.append(note("a", number));
  const auto stopped = test.read<fragile>("a");
  REQUIRE(stopped);
  CHECK(stopped->scanned == position{1});
  CHECK(stopped->changed == position{1});
  broken = false;
  REQUIRE(test.running().retry(flow_key{"Fragile", "a"}));
  test.run();
  CHECK(test.read<fragile>("a")->scanned == position{4});
}

TEST_CASE("equal tags mean equal bytes, whatever happens between two looks") {
  const std::uint64_t seed = GENERATE(1, 2, 3, 4);
  const std::size_t batch = GENERATE(1, 3, 4096);
  const std::size_t ballast = GENERATE(0, 6000);  // small states, and large ones
  INFO("seed " << seed << ", batches of " << batch);
  std::mt19937_64 random{seed};
  host_test test{{.seed = seed}};
  test.add<maximum>({.flush = flush_every(batch)});
  test.append(note("a", 0));
  std::map<std::string, std::string> bytes_of_tag;
  for (int round = 0; round < 40; ++round) {
    std::vector<new_event> events;
    for (auto more = random() % 4; more > 0; --more) {
      auto one = note(random() % 3 == 0 ? "b" : "a", static_cast<std::int64_t>(random() % 6) - 1);
      if (ballast > 0 && random() % 3 == 0) one.set_ballast(std::string(ballast, 'x'));
      events.push_back(new_event::of(one));
    }
    REQUIRE(test.try_append(std::move(events)));
    if (random() % 5 == 0) test.crash_and_restart();
    if (random() % 7 == 0) test.advance(40s);
    const auto seen = read_of(test, "a");
    const auto [known, fresh] = bytes_of_tag.try_emplace(seen.tag, seen.bytes);
    if (!fresh) CHECK(known->second == seen.bytes);
  }
  CHECK(bytes_of_tag.size() > 3);
}

TEST_CASE("an unknown flow type and an instance that never was are errors of their own") {
  host_test test;
  test.add<maximum>();
  test.append(note("a", 5));
  CHECK(test.running().read(flow_key{"Nothing"}).error().code == errc::unknown_type);
  const auto nobody = test.read<maximum>("b");
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == errc::not_found);
  CHECK(nobody.error().message.find("Maximum|b") != std::string::npos);
}
