#include <catch2/catch.hpp>

#include "cli_support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::string manifest(const store& from, const interest_table::type_list& types) {
  const auto known = known_of(types);
  const auto now = overview::of(from, *known);
  return *cli::manifest_line(from, *now);
}

v1::Envelope due_at(std::int64_t seconds) {
  v1::Envelope made;
  made.set_due((midnight + std::chrono::seconds{seconds}).time_since_epoch().count());
  return made;
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
