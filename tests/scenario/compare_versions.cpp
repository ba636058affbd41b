// The results of two versions of a query, compared as they were after the same event.
#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "host/host_parts.hpp"
#include "host/result_comparison.hpp"
#include "support/notes.hpp"

using namespace millrace;
using namespace millrace::shop;

namespace {

using texts = std::vector<std::string>;
using counts = std::map<std::string, std::uint64_t>;

/// Ends at a note of 0; negative numbers join.
struct sums {
  static constexpr std::string_view name = "Sums";
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) {
    return e.number() < 0 ? joins(e.key()) : starts(e.key());
  }
  void given(const Noted& e) {
    state.set_sum(state.sum() + e.number());
    if (!e.ballast().empty()) state.set_ballast(e.ballast());
  }
  bool ends(const Noted& e) const { return e.number() == 0; }
  Notes state;
};

/// Counts as well, adds multiples of five twice, and ends at a note of 7 instead.
struct sums_2 {
  static constexpr std::string_view name = "Sums";
  static constexpr int version = 2;
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return sums::route(e); }
  void given(const Noted& e) {
    state.set_count(state.count() + 1);
    state.set_sum(state.sum() + e.number() * (e.number() % 5 == 0 ? 2 : 1));
  }
  bool ends(const Noted& e) const { return e.number() == 7; }
  Notes state;
};

/// Does as the first version did.
struct same_sums : sums {
  static constexpr int version = 2;
};

/// Its field 1 is what was `count`, as a bool.
struct paid_sums {
  static constexpr std::string_view name = "Sums";
  static constexpr int version = 2;
  using observes = events<Noted>;
  static millrace::route route(const Noted& e) { return starts(e.key()); }
  void given(const Noted& e) { state.set_reminders(static_cast<std::int32_t>(e.number())); }
  ReminderState state;
};

struct echo {
  static constexpr std::string_view name = "Echo";
  using observes = events<Noted>;
  void when(const Noted&, reactions&) const {}
};

constexpr flow_options waiting{.on_new_version = new_version::wait_for_switch};

/// The notes, with the first version alone; then another program may come.
template <class F>
void begin(host_test& test, const std::vector<Noted>& notes) {
  test.add<F>();
  for (const auto& each : notes) test.append(each);
  test.stop();
  test.clear_flows();
}

result_comparison compared(host_test& test) {
  auto made = test.running().compare("Sums");
  REQUIRE(made);
  return *made;
}

const compared_instance& example(const result_comparison& of, const std::string& key) {
  for (const auto& one : of.examples) {
    if (one.key == key) return one;
  }
  FAIL("no example " << key);
  throw;
}

}  // namespace

TEST_CASE("two versions of a query are compared as they were where the former one was frozen") {
  host_test test;
  begin<sums>(test, {note("a", 1), note("a", 5), note("b", 2), note("c", 7), note("d", 0)});
  test.add<sums_2>(waiting);
  test.restart();
  const auto later = GENERATE(0, 3);
  for (auto number = 0; number < later; ++number) test.append(note("a", 100));
  const auto made = compared(test);
  CHECK(made.at == position{4});
  CHECK(made.former.version == 1);
  CHECK(made.former.served);
  CHECK(made.former.frozen);
  CHECK_FALSE(made.former.known);
  CHECK(made.newer.version == 2);
  CHECK(made.newer.known);
  CHECK(made.newer.until == test.running().tail());
  CHECK(made.former.instances == 3);
  CHECK(made.newer.instances == 3);
  CHECK(made.former.alone == 1);
  CHECK(made.newer.alone == 1);
  CHECK(made.equal == 0);
  CHECK(made.differing == 2);
  CHECK(made.untold == 0);
  CHECK(made.fields == counts{{"count", 2}, {"sum", 1}});
  const auto& a = example(made, "Sums|a");
  CHECK(a.kind == instance_difference::differs);
  CHECK(a.fields == texts{"count", "sum"});
  CHECK(a.former == R"({"sum":"6"})");
  CHECK(a.newer == R"({"count":"2","sum":"11"})");
  CHECK(example(made, "Sums|b").fields == texts{"count"});
  CHECK(example(made, "Sums|c").kind == instance_difference::former_only);
  CHECK(example(made, "Sums|c").newer == std::nullopt);
  CHECK(example(made, "Sums|d").kind == instance_difference::newer_only);
}

TEST_CASE("results that are kept up to date side by side are compared where both are") {
  host_test test;
  begin<sums>(test, {note("a", 1)});
  test.add<sums>().add<sums_2>(waiting);
  test.restart();
  test.append(note("a", 5));
  const auto made = compared(test);
  CHECK(made.at == position{1});
  CHECK_FALSE(made.former.frozen);
  CHECK(example(made, "Sums|a").former == R"({"sum":"6"})");
}

TEST_CASE("after the switch the former result is what the newest version is compared with") {
  host_test test;
  begin<sums>(test, {note("a", 1), note("b", 3)});
  test.add<same_sums>();
  test.restart();
  test.append(note("a", 100));
  const auto made = compared(test);
  CHECK(made.at == position{1});
  CHECK(made.newer.served);
  CHECK_FALSE(made.former.served);
  CHECK(made.equal == 2);
  CHECK(made.examples.empty());
  REQUIRE(test.running().switch_type("Sums", {.drop_old = true}));
  CHECK(test.running().compare("Sums").error().code == errc::conflict);
}

TEST_CASE("what cannot be compared is counted, and says why") {
  bool sound = false;
  bool broken = true;
  auto next = describe<fragile>({}, std::int64_t{2}, static_cast<const bool*>(&broken));
  next.version = 2;
  host_test test;
  test.add<fragile>({}, std::int64_t{2}, static_cast<const bool*>(&sound));
  for (const auto& each : {note("a", 1), note("a", 2), note("b", 1)}) test.append(each);
  test.stop();
  test.clear_flows().add(next);
  test.restart();
  const auto made = test.running().compare("Fragile");
  REQUIRE(made);
  CHECK(made->untold == 1);
  CHECK(made->equal == 1);
  CHECK(made->former.instances == 1);
  REQUIRE(made->examples.size() == 1);
  CHECK(made->examples.front().key == "Fragile|a");
  CHECK(made->examples.front().kind == instance_difference::untold);
  CHECK_THAT(made->examples.front().why,
             Catch::Contains("version 2 stopped on event 1") && Catch::Contains("cannot digest a"));
}

TEST_CASE("states of another message are compared by the numbers of their fields") {
  host_test test;
  begin<sums>(test, {note("a", 3), note("b", 4), note("b", 5)});
  test.add<paid_sums>(waiting);
  test.restart();
  const auto made = compared(test);
  CHECK(made.by_number);
  CHECK(made.equal == 1);
  CHECK(made.fields == counts{{"2", 1}});
  CHECK(example(made, "Sums|b").former == "2: 9");
  CHECK(example(made, "Sums|b").newer == "2: 5");
}

TEST_CASE("a large state that nobody can bring further is compared where it was saved") {
  host_test test;
  auto heavy = note("a", 1);
  heavy.set_ballast(std::string(200'000, 'x'));
  begin<sums>(test, {heavy, note("a", 2), note("b", 3)});
  test.add<same_sums>(waiting);
  test.restart();
  test.append(note("a", 4));
  const auto made = compared(test);
  CHECK(made.at == position{2});
  CHECK(made.equal == 2);
  CHECK(made.earlier == 1);
  CHECK(made.untold == 0);
}

TEST_CASE("a program without the query compares what is saved, and says what it cannot fold") {
  host_test test;
  begin<sums>(test, {note("a", 1), note("b", 5), note("c", 1)});
  test.add<sums_2>(waiting);
  test.restart();
  test.append(note("a", 100));
  (void)compared(test);  // what is routed is written
  const interest_table none{{}};
  const type_registry nothing;
  const auto made =
      compare_results(*test.running().inside().stored, none, nothing, "Sums", {.examples = 1});
  REQUIRE(made);
  CHECK(made->by_number);
  CHECK(made->untold == 1);
  CHECK(made->differing == 2);
  CHECK(made->fields == counts{{"1", 2}, {"2", 1}});
  REQUIRE(made->examples.size() == 2);
  CHECK_THAT(example(*made, "Sums|a").why, Catch::Contains("no version 2"));
  CHECK(example(*made, "Sums|b").former == "2: 5");
}

TEST_CASE("a topic, a query with one result and an unknown type have nothing to compare") {
  host_test test;
  test.add<echo>().add<sums>();
  test.append(note("a", 1));
  CHECK(test.running().compare("Sums").error().code == errc::conflict);
  CHECK_THAT(test.running().compare("Echo").error().message, Catch::Contains("topic"));
  CHECK(test.running().compare("Nobody").error().code == errc::not_found);
}

namespace {

/// Both versions by hand: states of the living, by key.
struct recount {
  std::map<std::string, std::int64_t> former;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> newer;

  void add(const Noted& e) {
    const auto& key = e.key();
    if (e.number() >= 0 || former.contains(key)) former[key] += e.number();
    if (e.number() == 0) former.erase(key);
    if (e.number() >= 0 || newer.contains(key)) {
      newer[key].first += 1;
      newer[key].second += e.number() * (e.number() % 5 == 0 ? 2 : 1);
    }
    if (e.number() == 7) newer.erase(key);
  }
};

void check_against(const recount& by_hand, const result_comparison& made) {
  std::uint64_t former_alone = 0;
  std::uint64_t differing = 0;
  std::uint64_t differing_sums = 0;
  for (const auto& [key, sum] : by_hand.former) {
    const auto found = by_hand.newer.find(key);
    if (found == by_hand.newer.end()) {
      ++former_alone;
      continue;
    }
    ++differing;  // the count is new
    if (found->second.second != sum) ++differing_sums;
  }
  CHECK(made.former.instances == by_hand.former.size());
  CHECK(made.newer.instances == by_hand.newer.size());
  CHECK(made.former.alone == former_alone);
  CHECK(made.newer.alone == by_hand.newer.size() - differing);
  CHECK(made.equal == 0);
  CHECK(made.untold == 0);
  CHECK(made.differing == differing);
  const auto found = made.fields.find("sum");
  CHECK((found == made.fields.end() ? 0 : found->second) == differing_sums);
}

}  // namespace

TEST_CASE("a comparison is that of a recount, wherever both results stand by now") {
  const auto seed = GENERATE(range(1u, 13u));
  CAPTURE(seed);
  std::mt19937 random{seed};
  const auto some = [&] {
    std::vector<Noted> made;
    for (auto left = 20 + random() % 60; left > 0; --left) {
      made.push_back(
          note("k|" + std::to_string(random() % 9), static_cast<std::int64_t>(random() % 14) - 3));
    }
    return made;
  };
  const bool is_live = seed % 2 == 0;
  const auto before = some();
  const auto after = some();
  host_test test{{.seed = seed}};
  begin<sums>(test, before);
  if (is_live) test.add<sums>();
  test.add<sums_2>(waiting);
  test.restart();
  for (const auto& each : after) {
    test.append(each);
    if (random() % 20 == 0) test.crash_and_restart();
  }
  recount by_hand;
  for (const auto& each : before) by_hand.add(each);
  if (is_live) {
    for (const auto& each : after) by_hand.add(each);
  }
  check_against(by_hand, compared(test));
}
