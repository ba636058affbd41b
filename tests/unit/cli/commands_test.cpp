#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "documents/event.hpp"
#include "support.hpp"

using namespace millrace;
using namespace millrace::test;
using Catch::Matchers::Contains;

namespace {

nlohmann::json parsed(const std::string& line) { return nlohmann::json::parse(line); }

v1::Checkpoint stopped_at(std::uint64_t at, const std::string& message) {
  v1::Checkpoint made;
  made.set_position(at - 1);
  made.set_snapshot(at - 1);
  made.set_error_position(at);
  made.set_error_message(message);
  return made;
}

}  // namespace

TEST_CASE("flow says why it stopped, on which event, and what waits behind") {
  store_builder made;
  const auto types = types_of<acts>();
  for (int i = 0; i < 4; ++i) made.append(act("1", "tag" + std::to_string(i)));
  made.route(types);
  made.checkpoint("Acts|1", stopped_at(1, "broke\x1b["));
  command_line line{made.stored, types};
  REQUIRE(*cli::flow(line.in, {"Acts|1"}) == cli::exit_code::done);
  const auto said = line.out();
  CHECK_THAT(said, Contains("Acts|1 stopped on event 1, Act, recorded 2025-01-01T00:00:01"));
  CHECK_THAT(said, Contains(R"(broke\x1b[. 2 events wait behind it.)"));
  CHECK_THAT(said, Contains(R"("tag":"tag1")"));

  line.in.json = true;
  REQUIRE(cli::flow(line.in, {"Acts|1"}));
  const auto value = parsed(line.out());
  CHECK(value["status"] == "stopped");
  CHECK(value["error_position"] == 1);
  CHECK(value["lag"] == 3);
  CHECK(value["event"]["data"]["tag"] == "tag1");
}

TEST_CASE("what waits is counted without reading it, however much that is") {
  store_builder made;
  const auto types = types_of<acts>();
  for (int i = 0; i < 5000; ++i) made.append(act("1"));
  made.route(types);
  command_line line{made.stored, types};
  line.in.json = true;
  const auto before = made.stored.reads().postings;
  REQUIRE(cli::flow(line.in, {"Acts|1"}));
  CHECK(parsed(line.out())["lag"] == 5000);
  CHECK(made.stored.reads().postings - before <= 1);
}

TEST_CASE("flow says what it waits for, and that another program has its type") {
  store_builder made;
  made.append_json("E", "{}", made.routed_to({"Foreign|x"}));
  made.route({});
  command_line line{made.stored, {}};
  REQUIRE(cli::flow(line.in, {"Foreign|x"}));
  const auto said = line.out();
  CHECK_THAT(said, Contains("waits: 1 event is not handled yet; the next is event 0, E"));
  CHECK_THAT(said, Contains("not part of this program"));
}

TEST_CASE("flow shows the state of a type it knows") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1"));
  made.route(types);
  auto handled = made.handled(0);
  handled.set_life(0);
  Diary state;
  state.set_text("dear");
  made.checkpoint("Acts|1", handled, state.SerializeAsString());
  command_line line{made.stored, types};
  line.in.json = true;
  REQUIRE(cli::flow(line.in, {"Acts|1"}));
  const auto value = parsed(line.out());
  CHECK(value["state"]["text"] == "dear");
  CHECK(value["status"] == "idle");
  CHECK(value["alive"] == true);
}

TEST_CASE("flow TYPE explains what stopped the routing of a type") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1", "unroutable"));
  command_line line{made.stored, types};
  REQUIRE(cli::flow(line.in, {"Acts"}));
  const auto said = line.out();
  CHECK_THAT(said, Contains("The routing of Acts stopped on event 0, Act"));
  CHECK_THAT(said, Contains("no way"));
  line.in.json = true;
  REQUIRE(cli::flow(line.in, {"Acts"}));
  CHECK(parsed(line.out())["status"] == "parked");
}

TEST_CASE("an unknown flow is not found") {
  store_builder made;
  command_line line{made.stored, types_of<acts>()};
  CHECK(cli::flow(line.in, {"Acts|1"}).error().code == errc::not_found);
  CHECK_THAT(cli::flow(line.in, {"Akts"}).error().message, Contains("Acts"));
  CHECK(cli::inbox(line.in, {.key = "Acts|1"}).error().code == errc::not_found);
  CHECK(cli::flows(line.in, {.type = "Nope"}).error().code == errc::not_found);
}

TEST_CASE("flows lists by status, and a type that is parked in a row of its own") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1"));
  made.append(act("2"));
  made.append(act("3", "unroutable"));
  made.route(types);
  made.checkpoint("Acts|1", made.handled(0));
  command_line line{made.stored, types};
  line.in.json = true;
  REQUIRE(cli::flows(line.in, {}));
  const auto all = line.out();
  CHECK(std::count(all.begin(), all.end(), '\n') == 3);
  REQUIRE(cli::flows(line.in, {.stopped = true}));
  const auto parked = parsed(line.out());
  CHECK(parked["flow"] == "Acts");
  CHECK(parked["status"] == "stopped");
  CHECK(parked["error_position"] == 2);
  REQUIRE(cli::flows(line.in, {.pending = true}));
  const auto pending = parsed(line.out());
  CHECK(pending["flow"] == "Acts|2");
  CHECK(pending["checkpoint"].is_null());
  CHECK(pending["latest"] == 1);
}

TEST_CASE("inbox says which entries are handled, failed or waiting") {
  store_builder made;
  const auto types = types_of<acts>();
  for (int i = 0; i < 3; ++i) made.append(act("1"));
  made.route(types);
  made.checkpoint("Acts|1", stopped_at(1, "no"));
  command_line line{made.stored, types};
  REQUIRE(cli::inbox(line.in, {.key = "Acts|1", .limit = 2}));
  const auto shown = line.out();
  CHECK_THAT(shown, Contains("handled") && Contains("failed") && !Contains("waiting"));
  CHECK_THAT(shown, Contains("1 more"));
  line.in.json = true;
  REQUIRE(cli::inbox(line.in, {.key = "Acts|1", .after = 1}));
  const auto last = parsed(line.out());
  CHECK(last["position"] == 2);
  CHECK(last["state"] == "waiting");
}

TEST_CASE("timeline shows events, by type and range") {
  store_builder made;
  made.append_json("A", "{ \"x\":\n 1 }");
  made.append_json("B\x1b", "[]", made.caused_by(0));
  made.append("Unknown", "\x01");
  command_line line{made.stored, {}};
  REQUIRE(cli::timeline(line.in, {.type = "A"}));
  CHECK_THAT(line.out(), Contains("A ") && Contains("{ \"x\":  1 }") && !Contains("B"));
  REQUIRE(cli::timeline(line.in, {.from = 1, .limit = 1}));
  CHECK_THAT(line.out(), Contains("B\\x1b") && Contains("(cause 0)") && !Contains("Unknown"));
  line.in.json = true;
  REQUIRE(cli::timeline(line.in, {.from = 2}));
  const auto value = parsed(line.out());
  CHECK(value["encoding"] == "base64");
  CHECK(value["data"] == "AQ==");
  CHECK(value["cause"].is_null());
}

TEST_CASE("an event that does not decode is shown with the reason") {
  store_builder made;
  made.append("Act", "\xff");
  command_line line{made.stored, types_of<acts>()};
  line.in.json = true;
  REQUIRE(cli::timeline(line.in, {}));
  const auto value = parsed(line.out());
  CHECK(value["data"].is_null());
  CHECK_THAT(value["problem"].get<std::string>(), Contains("does not decode"));
}

TEST_CASE("schedule lists entries in order of time") {
  store_builder made;
  v1::Envelope due;
  due.set_due(2'000'000);
  made.append_json("Later", "{}", due);
  due.set_due(1'000'000);
  made.append_json("Sooner", "{}", due);
  command_line line{made.stored, {}};
  REQUIRE(cli::schedule(line.in));
  const auto shown = line.out();
  CHECK(shown.find("Sooner") < shown.find("Later"));
  CHECK_THAT(shown, Contains("late"));
  line.in.json = true;
  REQUIRE(cli::schedule(line.in));
  const auto lines = line.out();
  CHECK(parsed(lines.substr(0, lines.find('\n')))["position"] == 1);
}

TEST_CASE("what-if of a type says to name a flow, and how to look at what stops its routing") {
  store_builder made;
  const auto types = types_of<acts>();
  made.append(act("1", "unroutable"));
  command_line line{made.stored, types};
  const auto refused = cli::what_if(line.in, "Acts");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::not_found);
  CHECK_THAT(refused.error().message,
             Contains("Acts is a flow type of many instances: name one of its flows") &&
                 Contains("`explain 0` shows where the present code routes that event"));
}
