// Another version of a query is made from history beside the result that is served, which is as it
// was until the new one has caught up; a topic's goes on from the tail, or decides again.
#include <catch2/catch.hpp>

#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::int64_t>;

struct sums {
  static constexpr std::string_view name = "Sums";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) { state.set_sum(state.sum() + e.number()); }
  Notes state;
};

/// Twice as much.
struct sums_2 {
  static constexpr std::string_view name = "Sums";
  static constexpr int version = 2;
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) { state.set_sum(state.sum() + 2 * e.number()); }
  Notes state;
};

struct echo {
  static constexpr std::string_view name = "Echo";
  using observes = events<Noted>;
  void given(const Noted& e) { add_to(state, e); }
  void when(const Noted& e, reactions& then) const {
    then.emit<ReminderSent>().set_order_id(e.key());
  }
  Notes state;
};

struct echo_2 {
  static constexpr std::string_view name = "Echo";
  static constexpr int version = 2;
  static constexpr auto starts_from = first_event::from_now;
  using observes = events<Noted>;
  void given(const Noted& e) { add_to(state, e); }
  void when(const Noted& e, reactions& then) const {
    then.emit<ReminderSent>().set_order_id("again " + e.key());
  }
  Notes state;
};

/// The third version has an instance for each key.
struct echo_by_key {
  static constexpr std::string_view name = "Echo";
  static constexpr int version = 3;
  static constexpr auto starts_from = first_event::of_history;
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) { add_to(state, e); }
  void when(const Noted& e, reactions& then) const {
    then.emit<ReminderSent>().set_order_id(e.key());
  }
  Notes state;
};

flow_options waiting() { return {.on_new_version = new_version::wait_for_switch}; }

template <class F>
void begin(host_test& test) {
  test.add<F>();
  for (std::int64_t number = 1; number < 4; ++number) test.append(note("a", number));
  test.append(note("b", 7));
  test.stop();
  test.clear_flows();
}

/// Of the query, in whichever version.
template <class F>
std::int64_t sum_of(host_test& test, std::string_view id) {
  return test.read<F>(id)->state.sum();
}

}  // namespace

TEST_CASE("a new version of a query is made from history, and then served at once") {
  host_test test;
  begin<sums>(test);
  test.add<sums_2>();
  test.restart();
  CHECK(sum_of<sums_2>(test, "a") == 12);
  CHECK_FALSE(test.read<sums_2>("a")->frozen);
  test.append(note("a", 10));
  CHECK(sum_of<sums_2>(test, "a") == 32);
  test.crash_and_restart();
  CHECK(sum_of<sums_2>(test, "a") == 32);
}

TEST_CASE("until the switch the former result is served as it was, and says its position") {
  host_test test;
  begin<sums>(test);
  test.add<sums_2>(waiting());
  test.restart();
  test.append(note("a", 10));
  const auto before = *test.read<sums_2>("a");
  CHECK(before.state.sum() == 6);
  CHECK(before.frozen);
  CHECK(before.scanned == position{3});
  CHECK(before.etag() == "\"2-0\"");
  const auto switched = test.running().switch_type("Sums");
  REQUIRE(switched);
  CHECK(switched->former == 1);
  CHECK(switched->served == 2);
  CHECK(switched->version == 2);
  const auto after = *test.read<sums_2>("a");
  CHECK(after.state.sum() == 32);
  CHECK_FALSE(after.frozen);
  CHECK(after.etag() == "\"4-65536\"");
  test.crash_and_restart();
  CHECK(test.read<sums_2>("a")->etag() == "\"4-65536\"");
  CHECK(test.running().switch_type("Sums").error().code == errc::conflict);
}

TEST_CASE("both versions of a query are kept up to date when the program has both") {
  host_test test;
  begin<sums>(test);
  test.add<sums>().add<sums_2>(waiting());
  test.restart();
  test.append(note("a", 10));
  CHECK(sum_of<sums>(test, "a") == 16);
  CHECK_FALSE(test.read<sums>("a")->frozen);
  REQUIRE(test.running().switch_type("Sums"));
  CHECK(sum_of<sums>(test, "a") == 32);
  test.append(note("a", 1));
  CHECK(sum_of<sums>(test, "a") == 34);
}

TEST_CASE("of two versions the newer one is switched to, also when the older one came after it") {
  host_test test;
  begin<sums_2>(test);
  test.add<sums>().add<sums_2>();
  test.restart();
  CHECK(sum_of<sums>(test, "a") == 12);
  CHECK(test.running().switch_type("Sums").error().code == errc::conflict);
  test.append(note("a", 1));
  CHECK(sum_of<sums>(test, "a") == 14);
  CHECK(test.flow(flow_key{"Sums", "a"}).status == flow_status::idle);
}

TEST_CASE("a program that goes back to a version that is still served goes on where that was") {
  host_test test;
  begin<sums>(test);
  test.add<sums_2>(waiting());
  test.restart();
  test.append(note("a", 10));
  test.stop();
  test.clear_flows().add<sums>();
  test.restart();
  const auto again = *test.read<sums>("a");
  CHECK(again.state.sum() == 16);
  CHECK_FALSE(again.frozen);
  CHECK(again.etag() == "\"4-0\"");
}

TEST_CASE("a program that goes back after the switch begins anew, under a tag of its own") {
  host_test test;
  begin<sums>(test);
  test.add<sums_2>();
  test.restart();
  CHECK(test.read<sums_2>("a")->etag() == "\"2-65536\"");
  test.stop();
  test.clear_flows().add<sums>();
  test.restart();
  CHECK(sum_of<sums>(test, "a") == 6);
  CHECK(test.read<sums>("a")->etag() == "\"2-131072\"");
}

TEST_CASE("former results are dropped when that is asked for, and their numbers not used again") {
  host_test test;
  begin<sums>(test);
  test.add<sums_2>();
  test.restart();
  const auto dropped = test.running().switch_type("Sums", {.drop_old = true});
  REQUIRE(dropped);
  CHECK(dropped->dropped == 1);
  CHECK(sum_of<sums_2>(test, "a") == 12);
  test.append(note("a", 1));
  test.crash_and_restart();
  CHECK(sum_of<sums_2>(test, "a") == 14);
  test.stop();
  test.clear_flows().add<sums>();
  test.restart();
  CHECK(test.read<sums>("a")->etag() == "\"4-131072\"");
}

TEST_CASE(
    "a stopped flow keeps its version from being served, until it is repaired or switched to") {
  bool broken = true;
  const auto fragile_2 = [&] {
    auto made = describe<fragile>({}, std::int64_t{2}, static_cast<const bool*>(&broken));
    made.version = 2;
    return made;
  };
  const bool repairs = GENERATE(true, false);
  host_test test;
  bool sound = false;
  test.add<fragile>({}, std::int64_t{2}, static_cast<const bool*>(&sound));
  for (std::int64_t number = 1; number < 4; ++number) test.append(note("a", number));
  test.stop();
  test.clear_flows().add(fragile_2());
  test.restart();
  CHECK(test.read<fragile>("a")->frozen);
  broken = false;
  if (repairs) {
    REQUIRE(test.running().retry(flow_key{"Fragile", "a"}));
    test.run();
    CHECK(test.read<fragile>("a")->state.count() == 3);
  } else {
    REQUIRE(test.running().switch_type("Fragile"));
    CHECK(test.read<fragile>("a")->state.count() == 1);
  }
  CHECK_FALSE(test.read<fragile>("a")->frozen);
}

TEST_CASE("a new version of a topic goes on from the tail") {
  host_test test;
  begin<echo>(test);
  CHECK(test.timeline("ReminderSent").size() == 4);
  test.add<echo_2>();
  test.restart();
  CHECK_FALSE(test.read<echo_2>());
  test.append(note("c", 5));
  const auto sent = test.timeline("ReminderSent");
  REQUIRE(sent.size() == 5);
  CHECK(sent.back().as<ReminderSent>().order_id() == "again c");
  CHECK(numbers(test.read<echo_2>()->state) == list{5});
  test.crash_and_restart();
  CHECK(test.timeline("ReminderSent").size() == 5);
}

TEST_CASE("a new version of a topic that begins with history says nothing again") {
  const bool dies = GENERATE(false, true);
  host_test test;
  begin<echo>(test);
  auto again = describe<echo>();
  again.version = 2;
  again.starts_from = first_event::of_history;
  test.add(again);
  test.restart();
  if (dies) test.crash_and_restart();
  CHECK(test.timeline("ReminderSent").size() == 4);
  CHECK(numbers(test.read<echo>()->state) == list{1, 2, 3, 7});
  test.append(note("c", 5));
  CHECK(test.timeline("ReminderSent").size() == 5);
  // What it decided before is needed no more.
  CHECK(test.running().switch_type("Echo", {.drop_old = true})->dropped == 1);
  test.crash_and_restart();
  test.append(note("c", 6));
  CHECK(test.timeline("ReminderSent").size() == 6);
  CHECK(numbers(test.read<echo>()->state) == list{1, 2, 3, 7, 5, 6});
}

TEST_CASE("a new version of a topic that decides otherwise stops, or takes what was decided") {
  host_test test;
  begin<echo>(test);
  auto again = describe<echo_2>();
  again.starts_from = first_event::of_history;
  test.add(again);
  test.restart();
  CHECK(test.flow(flow_key::parse("Echo")).error_position == position{0});
  CHECK(test.timeline("ReminderSent").size() == 4);
  REQUIRE(test.running().reset(flow_key::parse("Echo"), {.accept_history = true}));
  test.run();
  CHECK(test.timeline("ReminderSent").size() == 4);
  CHECK(numbers(test.read<echo_2>()->state) == list{1, 2, 3, 7});
  test.append(note("c", 5));
  CHECK(test.timeline("ReminderSent").back().as<ReminderSent>().order_id() == "again c");
}

TEST_CASE("a new version of a topic with other keys does not say again what the former one said") {
  host_test test;
  begin<echo>(test);
  auto again = describe<echo_by_key>();
  test.add(again);
  test.restart();
  CHECK(test.timeline("ReminderSent").size() == 4);
  // Nothing is recorded of these flows, so what they would say now is a divergence.
  CHECK(test.flow({"Echo", "a"}).error_position == position{0});
  REQUIRE(test.running().reset({"Echo", "a"}, {.accept_history = true}));
  test.append(note("a", 10));
  CHECK(test.timeline("ReminderSent").size() == 5);
  test.append(note("new", 11));
  CHECK(test.timeline("ReminderSent").size() == 6);
}

TEST_CASE("two versions of a topic, or one version twice, are refused") {
  host some;
  REQUIRE(some.add<echo>());
  CHECK(some.add<echo_2>().error().code == errc::invalid);
  REQUIRE(some.add<sums>());
  CHECK(some.add<sums>().error().code == errc::invalid);
  CHECK(some.add<sums_2>());
}
