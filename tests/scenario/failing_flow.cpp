// Promise 5: a handler that throws stops that flow alone, and the flow is repaired in place.
#include <catch2/catch.hpp>

#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

using list = std::vector<std::int64_t>;

struct broken_shop {
  bool broken = true;
  host_test test;

  explicit broken_shop(error_policy policy = stop_on_error(), std::size_t batch = 4096) {
    test.add<fragile>({.flush = flush_every(batch), .on_error = policy}, std::int64_t{3}, &broken);
    test.add<notes>();
  }
  void append_numbers(const std::string& key, std::int64_t from, std::int64_t to) {
    std::vector<new_event> events;
    for (auto number = from; number < to; ++number)
      events.push_back(new_event::of(note(key, number)));
    REQUIRE(test.try_append(std::move(events)));
  }
  flow_summary fragile_flow(const std::string& id) { return test.flow(flow_key{"Fragile", id}); }
};

}  // namespace

TEST_CASE("a failing flow stops alone, and keeps its good state and its error") {
  const std::size_t batch = GENERATE(1, 2, 3, 4096);
  broken_shop shop{stop_on_error(), batch};
  shop.append_numbers("a", 0, 6);
  shop.append_numbers("b", 10, 13);

  const auto stopped = shop.fragile_flow("a");
  CHECK(stopped.status == flow_status::stopped);
  CHECK(stopped.error_position == position{3});
  CHECK(stopped.error_message == "cannot digest a");
  CHECK(stopped.checkpoint == position{2});
  CHECK(stopped.latest == position{5});
  CHECK(numbers(shop.test.read<fragile>("a")->state) == list{0, 1, 2});
  CHECK(numbers(shop.test.read<fragile>("b")->state) == list{10, 11, 12});
  CHECK(numbers(shop.test.read<notes>("a")->state) == list{0, 1, 2, 3, 4, 5});
}

TEST_CASE("what is handled again because a later event of its batch failed counts once") {
  broken_shop shop;
  shop.append_numbers("a", 0, 6);
  const auto all = shop.test.running().statistics();
  REQUIRE(all);
  CHECK(all->all.activity.handled == 3 + 6);
  CHECK(shop.test.running().counters().handled == 3 + 6);
}

TEST_CASE("the first error of a stopped flow stays, whatever comes later") {
  broken_shop shop;
  shop.append_numbers("a", 0, 4);
  shop.append_numbers("a", 3, 4);
  shop.append_numbers("a", 100, 110);
  CHECK(shop.fragile_flow("a").error_position == position{3});
  shop.test.crash_and_restart();
  shop.append_numbers("a", 3, 4);
  CHECK(shop.fragile_flow("a").error_position == position{3});
  CHECK(shop.fragile_flow("a").error_message == "cannot digest a");
}

TEST_CASE("retry tries the failed event again and goes on with what waited") {
  broken_shop shop;
  shop.append_numbers("a", 0, 6);
  SECTION("and stops at the same place when nothing was mended") {
    REQUIRE(shop.test.running().retry(flow_key{"Fragile", "a"}));
    shop.test.run();
    CHECK(shop.fragile_flow("a").error_position == position{3});
  }
  SECTION("and handles everything once when it was") {
    shop.broken = false;
    REQUIRE(shop.test.running().retry(flow_key{"Fragile", "a"}));
    shop.test.run();
    CHECK(numbers(shop.test.read<fragile>("a")->state) == list{0, 1, 2, 3, 4, 5});
    shop.append_numbers("a", 6, 8);
    CHECK(numbers(shop.test.read<fragile>("a")->state) == list{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(shop.fragile_flow("a").status == flow_status::idle);
  }
}

TEST_CASE("skip passes the failed event by, and records that it did") {
  broken_shop shop;
  shop.append_numbers("a", 0, 6);
  REQUIRE(shop.test.running().skip(flow_key{"Fragile", "a"}));
  shop.test.run();
  CHECK(numbers(shop.test.read<fragile>("a")->state) == list{0, 1, 2, 4, 5});
  CHECK(shop.fragile_flow("a").skipped == 1);
  CHECK(shop.fragile_flow("a").status == flow_status::idle);
}

TEST_CASE("a flow that is not stopped cannot be repaired, and one that is not there is not found") {
  broken_shop shop;
  shop.append_numbers("b", 10, 12);
  const auto repaired = shop.test.running().retry(flow_key{"Fragile", "b"});
  REQUIRE_FALSE(repaired);
  CHECK(repaired.error().code == errc::conflict);
  const auto unknown = shop.test.running().skip(flow_key{"Fragile", "nobody"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == errc::not_found);
}

TEST_CASE("with retry_then_stop a flow tries again, later each time, before it stops") {
  broken_shop shop{retry_then_stop(3).with_backoff(std::chrono::seconds{1})};
  shop.append_numbers("a", 0, 6);
  CHECK(shop.fragile_flow("a").status == flow_status::pending);
  shop.test.advance(std::chrono::seconds{6});
  CHECK(shop.fragile_flow("a").status == flow_status::pending);
  SECTION("stops when every try failed") {
    shop.test.advance(std::chrono::seconds{2});
    CHECK(shop.fragile_flow("a").status == flow_status::stopped);
  }
  SECTION("goes on when one succeeds") {
    shop.broken = false;
    shop.test.advance(std::chrono::seconds{2});
    CHECK(numbers(shop.test.read<fragile>("a")->state) == list{0, 1, 2, 3, 4, 5});
  }
}

TEST_CASE("with skip_and_record a flow never stops") {
  const std::size_t batch = GENERATE(1, 3, 4096);
  broken_shop shop{skip_and_record(), batch};
  shop.append_numbers("a", 0, 6);
  CHECK(numbers(shop.test.read<fragile>("a")->state) == list{0, 1, 2, 4, 5});
  CHECK(shop.fragile_flow("a").skipped == 1);
}

namespace {

struct picky {
  static constexpr std::string_view name = "Picky";
  using observes = events<Noted>;
  explicit picky(const bool* is_broken) : broken(is_broken) {}
  static inline bool route_throws = true;
  static millrace::route route(const Noted& e) {
    if (e.number() == 3 && route_throws) throw std::runtime_error{"where to?"};
    return starts(e.key());
  }
  void given(const Noted& e) { add_to(state, e); }
  Notes state;
  const bool* broken;
};

}  // namespace

TEST_CASE("a route that throws parks the routing of its type alone, until it is repaired") {
  picky::route_throws = true;
  const bool unused = false;
  host_test test;
  test.add<picky>({}, &unused).add<notes>();
  for (std::int64_t number = 0; number < 6; ++number) test.append(note("a", number));
  CHECK(numbers(test.read<picky>("a")->state) == list{0, 1, 2});
  CHECK(numbers(test.read<notes>("a")->state) == list{0, 1, 2, 3, 4, 5});

  SECTION("retry takes it on again") {
    picky::route_throws = false;
    REQUIRE(test.running().retry(flow_key{"Picky"}));
    test.run();
    CHECK(numbers(test.read<picky>("a")->state) == list{0, 1, 2, 3, 4, 5});
  }
  SECTION("skip passes the event by, for all flows of the type") {
    REQUIRE(test.running().skip(flow_key{"Picky"}));
    test.run();
    CHECK(numbers(test.read<picky>("a")->state) == list{0, 1, 2, 4, 5});
  }
  SECTION("it stays parked over a restart") {
    test.crash_and_restart();
    test.append(note("a", 7));
    CHECK(numbers(test.read<picky>("a")->state) == list{0, 1, 2});
    picky::route_throws = false;
    REQUIRE(test.running().retry(flow_key{"Picky"}));
    test.run();
    CHECK(numbers(test.read<picky>("a")->state) == list{0, 1, 2, 3, 4, 5, 7});
  }
}

TEST_CASE("an event that does not decode stops only the flows that observe it") {
  host_test test;
  test.add<all_notes>();
  test.append(note("a", 1));
  new_event foreign;
  foreign.type = "Other";
  foreign.payload = "{\"x\":1}";
  foreign.content_type = std::string{content_type_json};
  foreign.routes = explicit_routes{flow_key{"AllNotes"}};
  test.append(std::move(foreign));  // routed to it, but nothing it observes: passes by
  test.append(note("a", 2));
  CHECK(numbers(test.read<all_notes>()->state) == list{1, 2});
}
