// Which flows an event reaches, why, and what became of it there.
#include "host/explain.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::Contains;

namespace {

using lines = std::vector<std::string>;

explanation explained(const store& from, const interest_table::type_list& types, std::uint64_t at) {
  const auto known = known_of(types);
  const auto now = overview::of(from, *known);
  return *explain(from, *now, {at});
}

lines told(const store& from, const interest_table::type_list& types, std::uint64_t at) {
  lines all;
  for (const auto& flow : explained(from, types, at).flows) {
    all.push_back(fmt::format("{}, {}: {}", flow.key, name_of(flow.how), name_of(flow.fate)));
  }
  return all;
}

v1::Checkpoint stopped_at(std::uint64_t at, const std::string& message) {
  v1::Checkpoint made = store_builder::handled(at - 1);
  made.set_error_position(at);
  made.set_error_message(message);
  return made;
}

v1::FlowType row_of(const std::string& name) {
  v1::FlowType made;
  made.set_name(name);
  made.set_build(1);
  made.set_served(true);
  return made;
}

v1::Envelope due_at(std::int64_t seconds) {
  v1::Envelope made;
  made.set_due((midnight + std::chrono::seconds{seconds}).time_since_epoch().count());
  return made;
}

}  // namespace

TEST_CASE("an event reaches those that its types' routes name, and each is at its own place") {
  store_builder made;
  const auto types = types_of<acts, all_acts>();
  made.append(act("1"));
  made.append(act("2", "x", true));
  made.append(act("1", "x", true));
  made.append(act("1"));
  made.route(types);
  made.checkpoint("Acts|1", made.handled(2));
  CHECK(told(made.stored, types, 0) == lines{"Acts|1, starts: handled", "AllActs, starts: waits"});
  CHECK(told(made.stored, types, 1) ==
        lines{"Acts|2, joins: nobody there", "AllActs, starts: waits"});
  CHECK(told(made.stored, types, 2) == lines{"Acts|1, joins: handled", "AllActs, starts: waits"});
  CHECK(told(made.stored, types, 3) == lines{"Acts|1, starts: waits", "AllActs, starts: waits"});
}

TEST_CASE("what joins after a life had ended, and before the next one, is passed by") {
  store_builder made;
  const auto types = types_of<acts>();
  for (const bool joins : {false, true, true, true, false, true}) {
    made.append(act("1", "x", joins));
  }
  made.route(types);
  auto checkpoint = made.handled(5);
  checkpoint.add_ended(2);
  checkpoint.set_life(4);
  made.checkpoint("Acts|1", checkpoint);
  for (const std::uint64_t at : {0, 1, 2, 4, 5}) {
    CHECK(explained(made.stored, types, at).flows.front().fate == event_fate::handled);
  }
  CHECK(told(made.stored, types, 3) == lines{"Acts|1, joins: passed by"});
  command_line line{made.stored, types};
  REQUIRE(cli::explain(line.in, 3));
  CHECK_THAT(line.out(), Contains("its life had ended: it passed by"));
}

TEST_CASE("what is not written yet is explained all the same") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1"));
  made.append(act("1", "x", true));
  CHECK(told(made.stored, types, 0) == lines{"Acts|1, starts: waits"});
  CHECK(told(made.stored, types, 1) == lines{"Acts|1, joins: waits"});
}

TEST_CASE("a joins before the first starts found nobody, also when there is somebody now") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1", "x", true));
  made.append(act("1"));
  made.route(types);
  CHECK(told(made.stored, types, 0) == lines{"Acts|1, joins: nobody there"});
}

TEST_CASE("a flow stopped on an event, waits behind it, or has skipped it") {
  store_builder made;
  const auto types = types_of<acts>();
  for (int i = 0; i < 3; ++i) made.append(act("1"));
  made.route(types);
  made.checkpoint("Acts|1", stopped_at(1, "broke"));
  CHECK(told(made.stored, types, 0) == lines{"Acts|1, starts: handled"});
  CHECK(told(made.stored, types, 1) == lines{"Acts|1, starts: failed"});
  CHECK(told(made.stored, types, 2) == lines{"Acts|1, starts: behind"});
  CHECK(explained(made.stored, types, 1).flows[0].detail == "broke");
  CHECK(explained(made.stored, types, 2).flows[0].stopped_at == position{1});

  auto after = made.handled(1);
  auto& skipped = *after.add_skipped();
  skipped.set_position(1);
  skipped.set_error("broke");
  made.checkpoint("Acts|1", after);
  CHECK(told(made.stored, types, 1) == lines{"Acts|1, starts: skipped"});
  CHECK(told(made.stored, types, 2) == lines{"Acts|1, starts: waits"});
}

TEST_CASE("an event stopped the routing of a type, came after one that did, or was skipped by it") {
  store_builder made;
  const auto types = types_of<acts, all_acts>();
  made.append(act("1"));
  made.append(act("2", "unroutable"));
  made.append(act("3"));
  made.append_json("Other", "{}", made.routed_to({"Acts|9"}));
  CHECK(told(made.stored, types, 0)[0] == "Acts|1, starts: waits");
  CHECK(told(made.stored, types, 1) == lines{"Acts, starts: stopped on", "AllActs, starts: waits"});
  CHECK(told(made.stored, types, 2)[0] == "Acts, starts: not reached");
  CHECK(told(made.stored, types, 3) == lines{"Acts|9, explicit: not reached"});
  CHECK_THAT(explained(made.stored, types, 1).flows[0].detail, Contains("no way"));

  auto row = row_of("Acts");
  row.set_routed(2);
  auto& skipped = *row.add_skipped();
  skipped.set_position(1);
  skipped.set_error("no way");
  made.commit({.flow_types = {row}});
  CHECK(told(made.stored, types, 1)[0] == "Acts, starts: type skipped");
  CHECK(told(made.stored, types, 2)[0] == "Acts|3, starts: waits");
}

TEST_CASE("explicit routes go where they say, whoever has the type") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("elsewhere"), made.routed_to({"Acts|1", "Foreign|a|b", "Single", "Acts|1"}));
  made.append(act("1"), made.routed_to({}));
  CHECK(told(made.stored, types, 0) == lines{"Acts|1, explicit: waits",
                                             "Foreign|a|b, explicit: waits",
                                             "Single, explicit: waits"});
  const auto flows = explained(made.stored, types, 0).flows;
  CHECK(flows[0].hosted);
  CHECK_FALSE(flows[1].hosted);
  CHECK(told(made.stored, types, 1).empty());
  CHECK(explained(made.stored, types, 1).kind == event_kind::explicitly);
}

TEST_CASE("a type that is inert is named as such") {
  store_builder made;
  auto row = row_of("Old");
  row.set_inert(true);
  row.set_explicit_only(true);
  made.commit({.flow_types = {row}});
  made.append(act("1"), made.routed_to({"Old|1"}));
  const auto flows = explained(made.stored, {}, 0).flows;
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].inert);
  CHECK(flows[0].fate == event_fate::waits);
}

TEST_CASE("a timer reaches nobody: it waits, was cancelled, or fired as another event") {
  store_builder made;
  const auto types = types_of<all_acts>();
  made.append(act("1"), due_at(100));
  made.append(act("2"), due_at(200));
  made.append(act("3"), due_at(300));
  auto firing = store_builder::caused_by(1);
  firing.set_from_schedule(true);
  made.append(act("2"), firing);
  CHECK(explained(made.stored, types, 1).fired_as == position{3});
  made.route(types);
  made.commit({.unscheduled = {{2}}});
  const auto waiting = explained(made.stored, types, 0);
  CHECK(waiting.kind == event_kind::schedule_entry);
  CHECK(waiting.waits);
  CHECK(waiting.flows.empty());
  CHECK(explained(made.stored, types, 1).fired_as == position{3});
  const auto cancelled = explained(made.stored, types, 2);
  CHECK_FALSE(cancelled.waits);
  CHECK_FALSE(cancelled.fired_as);
  CHECK(told(made.stored, types, 3) == lines{"AllActs, starts: waits"});
}

TEST_CASE("a topic that asked for no history begins after what was there") {
  store_builder made;
  const auto types = types_of<listener>();
  made.append(act("1"));
  made.route(types);
  made.append(act("2"));
  CHECK(told(made.stored, types, 1) == lines{"Listener, starts: waits"});
  CHECK(told(made.stored, types, 0) == lines{"Listener, starts: too early"});
}

TEST_CASE("types of another program are told as far as the store knows") {
  store_builder made;
  made.append(act("1"));
  made.route(types_of<acts, all_acts>());
  const auto seen = explained(made.stored, {}, 0);
  REQUIRE(seen.flows.size() == 1);
  CHECK(seen.flows[0].key == "AllActs");
  CHECK(seen.flows[0].fate == event_fate::waits);
  CHECK(seen.untold == lines{"Acts"});
}

TEST_CASE("explain says it in words and as JSON") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1"));
  made.append(act("2", "x", true));
  made.route(types);
  command_line line{made.stored, types};
  REQUIRE(*cli::explain(line.in, 1) == cli::exit_code::done);
  const auto said = line.out();
  CHECK_THAT(said, Contains("event 1, Act, recorded 2025-01-01T00:00:01"));
  CHECK_THAT(said, Contains("Acts|2  route: joins"));
  CHECK_THAT(said, Contains("nobody was there"));
  line.in.json = true;
  REQUIRE(cli::explain(line.in, 0));
  const auto value = nlohmann::json::parse(line.out());
  CHECK(value["kind"] == "routed by type");
  CHECK(value["flows"][0]["flow"] == "Acts|1");
  CHECK(value["flows"][0]["fate"] == "waits");
  CHECK(value["data"]["id"] == "1");
  CHECK(cli::explain(line.in, 9).error().code == errc::not_found);
}
