#include "service/new_events.hpp"

#include <catch2/catch.hpp>

#include "millrace/flow.hpp"
#include "support/flows.pb.h"

using namespace millrace;
using namespace millrace::service;

namespace {

struct acts {
  static constexpr std::string_view name = "Acts";
  using observes = events<test::Act>;
  void given(const test::Act&) {}
  test::Diary state;
};

type_registry known() {
  type_registry made;
  REQUIRE(made.add(describe<acts>()));
  return made;
}

std::string why(const result<new_events>& made) { return made ? "" : made.error().message; }

}  // namespace

TEST_CASE("an event is read with all that it may say") {
  const auto made =
      *from_json(R"({"type":"A","data":{"x": 1.0},"id":"i","correlation":"c","user":"u",)"
                 R"("cause":3,)"
                 R"("due":"2025-01-31T09:15:00Z","headers":[{"name":"n","value":"v"}],)"
                 R"("routes":["T","T|a|b"]})",
                 known());
  REQUIRE(made.size() == 1);
  const auto& event = made.front();
  CHECK(event.payload == R"({"x": 1.0})");
  CHECK(event.content_type == content_type_json);
  CHECK((event.id == "i" && event.correlation_id == "c" && event.user == "u"));
  CHECK(event.cause == position{3});
  CHECK(event.due.has_value());
  CHECK(event.headers == std::vector<header>{{"n", "v"}});
  REQUIRE(event.routes->size() == 2);
  CHECK((*event.routes)[1].id() == "a|b");
}

TEST_CASE("a known type becomes its message, an unknown one stays as it is written") {
  const auto made = *from_json(R"([{"type":"Act","data":{"tag":"t"}},{"type":"Other"}])", known());
  test::Act body;
  REQUIRE(body.ParseFromString(made[0].payload));
  CHECK(body.tag() == "t");
  CHECK(made[0].content_type.empty());
  CHECK(made[1].payload == "{}");
}

TEST_CASE("what brackets and quotes in strings mean is not structure") {
  const auto made =
      *from_json(R"([ {"type":"A","data":"],[{\"\\"} , {"type":"B\u0041"} ])", known());
  REQUIRE(made.size() == 2);
  CHECK(made[0].payload == R"("],[{\"\\")");
  CHECK(made[1].type == "BA");
}

TEST_CASE("a wrong event is named by its number") {
  const auto types = known();
  CHECK(why(from_json(R"([{"type":"A"},{"type":"A","x":1}])", types)) ==
        "event 2: an event has no member x");
  CHECK(why(from_json_lines("{\"type\":\"A\"}\n\n{\"type\":}", types)).starts_with("event 2: "));
  CHECK(from_json(R"({"type":"Act","data":{"nope":1}})", types).error().code == errc::undecodable);
  for (const auto* wrong :
       {"", " ", "[]", "7", "{}", "nul", R"({"type":"A"} x)", R"({"type":"A","type":"A"})",
        R"({"type":"A","cause":-1})", R"({"type":"A","cause":1.5})", R"({"type":"A","due":1})",
        R"({"type":"A","routes":"T"})", R"({"type":"A","headers":[{"nome":"x"}]})",
        "{\"type\":\"\xff\"}"}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_json(wrong, types));
  }
}

TEST_CASE("JSON that is too deep is refused before it is read") {
  const auto types = known();
  CHECK(why(from_json(std::string(1'000'000, '['), types)) == "the JSON is nested too deeply");
}

TEST_CASE("a cloud event keeps source and id as its id, and the rest as headers") {
  const auto made = *from_cloud_events(
      R"({"specversion":"1.0","type":"Act","source":"/s","id":"1","time":"2025-01-01T00:00:00Z",)"
      R"("traceparent":"x","data":{"tag":"t"}})",
      known());
  CHECK(made[0].id == "/s 1");
  CHECK(made[0].headers ==
        std::vector<header>{{"ce-time", "2025-01-01T00:00:00Z"}, {"ce-traceparent", "x"}});
}

TEST_CASE("a cloud event of another version, or without its names, is refused") {
  const auto types = known();
  for (
      const auto* wrong :
      {R"({"specversion":"0.3","type":"A","source":"s","id":"1"})",
       R"({"specversion":"1.0","type":"A","source":"s"})",
       R"({"specversion":"1.0","type":"A","id":"1"})",
       R"({"specversion":"1.0","source":"s","id":"1"})",
       R"({"specversion":"1.0","type":"A","source":"s","id":"1","data_base64":"!"})",
       R"({"specversion":"1.0","type":"A","source":"s","id":"1","data_base64":"AA=="})",
       R"({"specversion":"1.0","type":"A","source":"s","id":"1","data":1,"data_base64":"AA=="})"}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_cloud_events(wrong, types));
  }
}
