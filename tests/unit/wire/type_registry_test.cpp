#include "wire/type_registry.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "support/flows.pb.h"
#include "support/other.pb.h"

using namespace millrace;
using namespace millrace::test;

namespace {

observed_event observe(const google::protobuf::Message& prototype) {
  return {.name = prototype.GetDescriptor()->name(), .prototype = &prototype};
}

type_registry make_registry() {
  type_registry types;
  REQUIRE(types.add(observe(Word::default_instance())));
  REQUIRE(types.add(observe(Act::default_instance())));
  return types;
}

new_event word(std::string tag = "w") {
  Word body;
  body.set_tag(std::move(tag));
  return new_event::of(body);
}

new_event json(std::string type, std::string payload) {
  return {.type = std::move(type),
          .payload = std::move(payload),
          .content_type = std::string{content_type_json}};
}

/// What check says, or nothing.
std::optional<errc> refusal(const new_event& wanted, bool strict = false) {
  const auto checked = make_registry().check(wanted, strict);
  if (checked) return std::nullopt;
  CHECK_FALSE(checked.error().message.empty());
  return checked.error().code;
}

std::optional<errc> refusal_of_routes(explicit_routes routes) {
  auto wanted = word();
  wanted.routes = std::move(routes);
  return refusal(wanted);
}

}  // namespace

TEST_CASE("a type is found by the short name of its message") {
  const auto types = make_registry();
  CHECK(types.find("Word") == &Word::default_instance());
  CHECK(types.find("millrace.test.Word") == nullptr);
  CHECK(types.names() == std::vector<std::string>{"Act", "Word"});
}

TEST_CASE("an interned name lives as long as the registry") {
  const auto types = make_registry();
  const std::string asked = "Word";
  CHECK(types.interned(asked) == "Word");
  CHECK(types.interned(asked).data() != asked.data());
  CHECK(types.interned("Unknown").empty());
}

TEST_CASE("the same message may be added again, another one of that name may not") {
  auto types = make_registry();
  CHECK(types.add(observe(Word::default_instance())));
  const auto added = types.add(observe(other::Word::default_instance()));
  REQUIRE_FALSE(added);
  CHECK(added.error().code == errc::invalid);
  CHECK(added.error().message.find("millrace.test.Word and millrace.other.Word") !=
        std::string::npos);
}

TEST_CASE("a known Protobuf event may be appended") { CHECK_FALSE(refusal(word())); }

TEST_CASE("a payload that is not its type is undecodable") {
  auto wanted = word();
  wanted.payload = "\xFF\xFF";
  CHECK(refusal(wanted) == errc::undecodable);
}

TEST_CASE("an unknown type must be JSON, and must not be at all when strict") {
  CHECK(refusal({.type = "Unknown", .payload = "x"}) == errc::unknown_type);
  CHECK_FALSE(refusal(json("Unknown", R"({"any": ["thing", 1e3, null]})")));
  CHECK(refusal(json("Unknown", "{}"), true) == errc::unknown_type);
}

TEST_CASE("a JSON payload must be JSON, to the last byte") {
  for (const auto* text : {"", "{", "{'a': 1}", "{\"a\": 1,}", "{} {}", "\"\xFF\"", "nul"}) {
    CAPTURE(text);
    CHECK(refusal(json("Unknown", text)) == errc::undecodable);
    CHECK(refusal(json("Word", text)) == errc::undecodable);
  }
}

TEST_CASE("a JSON payload of a known type must fit its message, also in the fields it has") {
  CHECK_FALSE(refusal(json("Word", R"({"tag": "w"})")));
  CHECK(refusal(json("Word", R"({"tag": 1})")) == errc::undecodable);
  CHECK(refusal(json("Word", R"({"gat": "w"})")) == errc::undecodable);
  CHECK(refusal(json("Word", "[]")) == errc::undecodable);
}

TEST_CASE("another content type is invalid") {
  auto wanted = word();
  wanted.content_type = "text/plain";
  CHECK(refusal(wanted) == errc::invalid);
}

TEST_CASE("a type name is there, is short, is UTF-8 and is not the system's") {
  CHECK(refusal(json("", "{}")) == errc::invalid);
  CHECK(refusal(json(std::string(257, 't'), "{}")) == errc::too_large);
  CHECK_FALSE(refusal(json(std::string(256, 't'), "{}")));
  CHECK(refusal(json("\xC3(", "{}")) == errc::invalid);
  CHECK(refusal(json("millrace.TimersCancelled", "{}")) == errc::invalid);
  CHECK_FALSE(refusal(json("any | name, \u00e9 and \"all\"", "{}")));
}

TEST_CASE("ids, users and headers are UTF-8, and ids are short") {
  auto wanted = word();
  wanted.id = std::string(257, 'i');
  CHECK(refusal(wanted) == errc::too_large);
  for (auto* text : {&wanted.id, &wanted.correlation_id, &wanted.user}) {
    wanted = word();
    *text = "\xFF";
    CHECK(refusal(wanted) == errc::invalid);
  }
  wanted = word();
  wanted.headers = {{"name", "\xFF"}};
  CHECK(refusal(wanted) == errc::invalid);
  wanted.headers = {{"\xFF", "value"}};
  CHECK(refusal(wanted) == errc::invalid);
}

TEST_CASE("a cause is a position that can be") {
  auto wanted = word();
  wanted.cause = unplaced;
  CHECK(refusal(wanted) == errc::invalid);
}

TEST_CASE("the size limit counts payload and envelope") {
  const auto room = limits::event_size_max - 4 - 5;  // the type, and the field's tag and length
  CHECK_FALSE(refusal(word(std::string(room, 'w'))));
  auto wanted = word(std::string(room, 'w'));
  wanted.user = "u";
  CHECK(refusal(wanted) == errc::too_large);
}

TEST_CASE("explicit routes may name nobody, any id, and one flow twice") {
  CHECK_FALSE(refusal_of_routes({}));
  CHECK_FALSE(refusal_of_routes({flow_key{"T", ""}, flow_key{"T", "a|b/@: \"\u00e9"}}));
  CHECK_FALSE(refusal_of_routes({flow_key{"T", "a"}, flow_key{"T", "a"}, flow_key{"S"}}));
}

TEST_CASE("a route without a type, or that is not UTF-8, is invalid") {
  CHECK(refusal_of_routes({flow_key{}}) == errc::invalid);
  CHECK(refusal_of_routes({flow_key{"", "id"}}) == errc::invalid);
  CHECK(refusal_of_routes({flow_key{"T", "\xFF"}}) == errc::invalid);
}

TEST_CASE("a type routed both as a single instance and with ids is invalid") {
  CHECK(refusal_of_routes({flow_key{"T"}, flow_key{"T", ""}}) == errc::invalid);
}

TEST_CASE("routes have a number and a size") {
  CHECK(refusal_of_routes({flow_key{"T", std::string(1023, 'i')}}) == errc::too_large);
  CHECK_FALSE(refusal_of_routes({flow_key{"T", std::string(1022, 'i')}}));
  CHECK_FALSE(refusal_of_routes(explicit_routes(4096, flow_key{"T"})));
  CHECK(refusal_of_routes(explicit_routes(4097, flow_key{"T"})) == errc::too_large);
}
