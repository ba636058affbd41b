#include "host/state_shape.hpp"

#include <catch2/catch.hpp>

#include "support/flows.pb.h"
#include "wire/fingerprint.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

using texts = std::vector<std::string>;

state_shape shape_of(const google::protobuf::Message* newest, std::string_view former) {
  const auto present = newest == nullptr ? "" : fingerprint(*newest->GetDescriptor());
  return state_shape{newest, {former, present}};
}

std::string word(const std::string& id, const std::string& tag) {
  Word made;
  made.set_id(id);
  made.set_tag(tag);
  return made.SerializeAsString();
}

}  // namespace

TEST_CASE("states of one message are compared by the names of its fields") {
  const auto shape = shape_of(&Word::default_instance(), fingerprint(*Word::descriptor()));
  CHECK_FALSE(shape.by_number());
  const auto one = word("a", "x");
  const auto other = word("a", "y");
  CHECK(*shape.compare({one}, {other}) == texts{"tag"});
  CHECK(shape.shown({other}) == R"({"id":"a","tag":"y"})");
}

TEST_CASE("a state that is JSON text of an import equals the same state in bytes") {
  const auto shape = shape_of(&Word::default_instance(), "");
  const auto bytes = word("a", "x");
  CHECK(shape.compare({R"({"tag":"x","id":"a"})", true}, {bytes})->empty());
  CHECK(*shape.compare({R"({"tag":"z","id":"a"})", true}, {bytes}) == texts{"tag"});
  CHECK(shape.compare({R"({"no":1})", true}, {bytes}).error().code == errc::undecodable);
}

TEST_CASE("a field that changed its type makes all of them known by number alone") {
  const auto shape = shape_of(&Act::default_instance(), "1=5/1\n");
  CHECK(shape.by_number());
  const auto one = word("a", "x");
  const auto other = word("b", "x");
  CHECK(*shape.compare({one}, {other}) == texts{"1"});
  CHECK(shape.shown({one}) == R"(1: "a" 2: "x")");
  CHECK(shape.compare({"{}", true}, {other}).error().code == errc::undecodable);
  CHECK(shape.compare({"{}", true}, {"{}", true})->empty());
}

TEST_CASE("bytes that are no message, or too many to show, are told apart from states") {
  const auto shape = shape_of(nullptr, "");
  CHECK(shape.compare({"\xff\xff"}, {""}).error().code == errc::undecodable);
  CHECK(shape.shown({"\xff\xff"}) == std::nullopt);
  CHECK(shape.shown({word("a", std::string(70'000, 'x'))}) == std::nullopt);
}
