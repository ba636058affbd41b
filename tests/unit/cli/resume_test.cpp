#include <catch2/catch.hpp>

#include "documents/schedule.hpp"
#include "support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::string manifest(const store& from, const interest_table::type_list& types) {
  const auto known = known_of(types);
  const auto now = overview::of(from, *known);
  return *documents::manifest_line(from, *now);
}

v1::Envelope due_at(std::int64_t seconds) {
  v1::Envelope made;
  made.set_due((midnight + std::chrono::seconds{seconds}).time_since_epoch().count());
  return made;
}

/// A type that an import brought, and nobody has adopted.
v1::FlowType imported_type(const std::string& name) {
  v1::FlowType row;
  row.set_name(name);
  row.set_build(1);
  row.set_served(true);
  row.set_inert(true);
  row.set_explicit_only(true);
  return row;
}

}  // namespace

TEST_CASE("an empty timeline has nothing to resume") {
  store_builder made;
  CHECK(manifest(made.stored, {}) == R"({"checkpoint":null,"routes":[],"schedule":[]})");
}

TEST_CASE("pending flows are grouped by type, types and ids in byte order") {
  store_builder made;
  made.append_json("E", "{}", made.routed_to({"B|z", "A", "B|a|b", "AB|é", "A|2"}));
  made.append_json("E", "{}", made.routed_to({"B|\"x\"", "A|10"}));
  made.route({});
  CHECK(manifest(made.stored, {}) ==
        R"({"checkpoint":1,"routes":["A",["A","10","2"],["AB","é"],["B","\"x\"","a|b","z"]],)"
        R"("schedule":[]})");
}

TEST_CASE("what is pending comes in pages of any size, in order, routed or not") {
  store_builder made;
  const auto types = types_of<acts, all_acts>();
  for (const auto* key : {"9", "10", "b", "a"}) made.append(act(key));
  made.route(types);
  for (const auto* key : {"5", "a", "7"}) made.append(act(key));
  const auto known = known_of(types);
  const auto now = overview::of(made.stored, *known);
  const std::vector<std::string> all = {"Acts|10", "Acts|5", "Acts|7", "Acts|9",
                                        "Acts|a",  "Acts|b", "AllActs"};
  for (std::size_t size = 1; size <= all.size() + 1; ++size) {
    std::vector<std::string> seen;
    std::optional<flow_key> after;
    for (bool more = true; more;) {
      const auto page = *now->pending_after(after, size);
      CHECK(page.flows.size() <= size);
      for (const auto& view : page.flows) seen.push_back(view.row.entry.key.text());
      more = page.has_more;
      if (more) after = page.flows.back().row.entry.key;
    }
    CHECK(seen == all);
  }
}

TEST_CASE("handled and stopped flows are not in the manifest") {
  store_builder made;
  made.append_json("E", "{}", made.routed_to({"Handled", "Stopped", "Waits"}));
  made.route({});
  made.checkpoint("Handled", made.handled(0));
  v1::Checkpoint stopped;
  stopped.set_error_position(0);
  made.checkpoint("Stopped", stopped);
  CHECK(manifest(made.stored, {}) == R"({"checkpoint":0,"routes":["Waits"],"schedule":[]})");
}

TEST_CASE("events that are not routed yet count as routed") {
  store_builder made;
  const auto types = types_of<acts, all_acts>();
  made.append(act("1"));
  made.route(types);
  made.checkpoint("Acts|1", made.handled(0));
  made.checkpoint("AllActs", made.handled(0));
  CHECK(manifest(made.stored, types) == R"({"checkpoint":0,"routes":[],"schedule":[]})");
  made.append(act("2"));
  made.append(act("1", "x", true));
  made.append(act("never started", "x", true));
  CHECK(manifest(made.stored, types) ==
        R"({"checkpoint":3,"routes":[["Acts","1","2"],"AllActs"],"schedule":[]})");
}

TEST_CASE("a query that the store has never seen has all of history pending, a topic nothing") {
  store_builder made;
  made.append(act("1"));
  made.route({});
  CHECK(manifest(made.stored, types_of<all_acts, listener>()) ==
        R"({"checkpoint":0,"routes":["AllActs"],"schedule":[]})");
}

TEST_CASE("the schedule is in order of positions") {
  store_builder made;
  made.append_json("T", "{}", due_at(300));
  made.append_json("T", "{}", due_at(100));
  made.append_json("T", "{}", due_at(200));
  CHECK(manifest(made.stored, {}) == R"({"checkpoint":2,"routes":[],"schedule":[0,1,2]})");
}

TEST_CASE("explicit routes of a type that another program hosts are shown before that one runs") {
  store_builder made;
  made.append(act("1"));
  made.route(types_of<acts>());
  made.checkpoint("Acts|1", made.handled(0));
  made.append_json("E", "{}", made.routed_to({"Acts|1", "Acts|2", "Nobodys"}));
  CHECK(manifest(made.stored, {}) ==
        R"({"checkpoint":1,"routes":[["Acts","1","2"],"Nobodys"],"schedule":[]})");
  const auto known = known_of({});
  const auto now = *overview::of(made.stored, *known, overview::watch{{"Acts", "1"}, {}, 9});
  CHECK(now.watched_inbox()->count == 2);
  CHECK(now.types().at("Acts").routed() == 1);  // as it is stored
  CHECK_FALSE(now.is_known("Acts"));
}

TEST_CASE("what a host of the type has routed is not read again for it") {
  store_builder made;
  for (int i = 0; i < 50; ++i) made.append(act("1"));
  made.route(types_of<acts>());
  made.append_json("E", "{}", made.routed_to({"Acts|1"}));
  const auto before = made.stored.reads();
  CHECK(manifest(made.stored, {}) == R"({"checkpoint":50,"routes":[["Acts","1"]],"schedule":[]})");
  CHECK(made.stored.reads().events - before.events == 1);
}

TEST_CASE("inert flows are in the manifest, and marked in lists") {
  store_builder made;
  commit_batch batch;
  batch.flow_types = {imported_type("Old")};
  made.commit(batch);
  made.append_json("E", "{}", made.routed_to({"Old|1"}));
  CHECK(manifest(made.stored, {}) == R"({"checkpoint":0,"routes":[["Old","1"]],"schedule":[]})");
  command_line line{made.stored, {}};
  REQUIRE(cli::flows(line.in, {}));
  CHECK_THAT(line.out(), Catch::Matchers::Contains("inert"));
  REQUIRE(cli::flow(line.in, {"Old|1"}));
  CHECK_THAT(line.out(), Catch::Matchers::Contains("inert: nobody handles them before `adopt`"));
  line.in.json = true;
  REQUIRE(cli::flows(line.in, {}));
  CHECK_THAT(line.out(), Catch::Matchers::Contains(R"("inert":true,"build":1)"));
  REQUIRE(cli::flow(line.in, {"Old|1"}));
  CHECK_THAT(line.out(), Catch::Matchers::Contains(R"("inert":true,"build":1)"));
}

TEST_CASE("an inert timer is marked in the schedule") {
  store_builder made;
  made.append_json("T", "{}", due_at(300));
  commit_batch batch;
  batch.events = {{{1}, "T", midnight, "{}", ""}};
  batch.scheduled = {{{1}, midnight, "T", "", std::nullopt, true}};
  made.commit(batch);
  command_line line{made.stored, {}};
  REQUIRE(cli::schedule(line.in));
  const auto said = line.out();
  CHECK(std::count(said.begin(), said.end(), '\n') == 3);
  CHECK(said.find("inert") < said.find("2025-01-01T00:05"));
  line.in.json = true;
  REQUIRE(cli::schedule(line.in));
  CHECK_THAT(line.out(), Catch::Matchers::Contains(R"("inert":true})"));
}

TEST_CASE("a flow that is stopped and inert is told to be adopted first") {
  store_builder made;
  made.append_json("E", "{}", made.routed_to({"Foreign|x"}));
  made.route({});
  commit_batch batch;
  batch.flow_types = {imported_type("Foreign")};
  made.commit(batch);
  v1::Checkpoint stopped;
  stopped.set_error_position(0);
  stopped.set_error_message("broke");
  made.checkpoint("Foreign|x", stopped);
  command_line line{made.stored, {}};
  REQUIRE(cli::flow(line.in, {"Foreign|x"}));
  const auto said = line.out();
  CHECK_THAT(said, Catch::Matchers::Contains("inert: `adopt` comes first"));
  CHECK_THAT(said, !Catch::Matchers::Contains("`retry`"));
  REQUIRE(cli::flows(line.in, {}));
  CHECK_THAT(line.out(), Catch::Matchers::Contains("inert, event 0: broke"));
}
