#include <catch2/catch.hpp>

#include "support/flows.pb.h"
#include "wire/type_registry.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

type_registry make_registry() {
  type_registry types;
  REQUIRE(types.add({.name = "Act", .prototype = &Act::default_instance()}));
  return types;
}

std::string show(std::string_view type, std::string_view content_type, std::string_view payload) {
  const auto shown = make_registry().to_json(type, content_type, payload);
  return shown ? *shown : "error: " + std::string{to_string(shown.error().code)};
}

}  // namespace

TEST_CASE("a known payload is shown in Protobuf's JSON, on one line, without defaults") {
  Act body;
  body.set_tag("two\nlines");
  body.set_given_throws(true);
  body.add_does()->set_kind(Do::DONE);
  CHECK(show("Act", "", body.SerializeAsString()) ==
        R"({"tag":"two\nlines","does":[{"kind":"DONE"}],"givenThrows":true})");
}

TEST_CASE("JSON comes back as it was appended") {
  const auto text = R"( {"b" : 1.50, "a": "A"} )";
  CHECK(show("Unknown", "application/json", text) == text);
  CHECK(show("Act", "application/json", text) == text);
}

TEST_CASE("JSON that was appended on several lines is shown on one") {
  CHECK(show("Unknown", "application/json", "{\r\n \"a\": 1\n}") == "{   \"a\": 1 }");
}

TEST_CASE("an unknown payload is shown as base64") {
  CHECK(show("Unknown", "", "") == "\"\"");
  CHECK(show("Unknown", "", "f") == "\"Zg==\"");
  CHECK(show("Unknown", "", "fo") == "\"Zm8=\"");
  CHECK(show("Unknown", "", "foo") == "\"Zm9v\"");
  CHECK(show("Unknown", "", "\xFF\xFE\xFD\xFC") == "\"//79/A==\"");
}

TEST_CASE("a payload that is not what it says is undecodable") {
  CHECK(show("Act", "", "\xFF\xFF") == "error: undecodable");
  CHECK(show("Act", "application/json", "{") == "error: undecodable");
}

TEST_CASE("JSON becomes the payload of a known type, and back") {
  const auto types = make_registry();
  const std::string text = R"({"id":"x","does":[{"kind":"DONE","tag":"w"}],"grow":7})";
  const auto payload = types.from_json("Act", text);
  REQUIRE(payload);
  CHECK(types.to_json("Act", "", *payload).value() == text);
}

TEST_CASE("both spellings of a field are read") {
  const auto types = make_registry();
  CHECK(types.from_json("Act", R"({"givenThrows":true})").value() ==
        types.from_json("Act", R"({"given_throws":true})").value());
}

TEST_CASE("JSON of an unknown type has no payload") {
  CHECK(make_registry().from_json("Unknown", "{}").error().code == errc::unknown_type);
}

TEST_CASE("JSON that is broken, or is another message, says where") {
  const auto types = make_registry();
  const auto broken = types.from_json("Act", "{\n\"id\" 1}");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == errc::undecodable);
  CHECK(broken.error().message.find("line 2, column 6") != std::string::npos);
  const auto wrong = types.from_json("Act", R"({"nosuch":1})");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == errc::undecodable);
  CHECK(wrong.error().message.find("nosuch") != std::string::npos);
  for (const auto* text : {"null", "[]", "1", "\"Act\""}) {
    CAPTURE(text);
    CHECK_FALSE(types.from_json("Act", text));
  }
}
