#include "host/differing_fields.hpp"

#include <google/protobuf/empty.pb.h>

#include <catch2/catch.hpp>

#include "support/flows.pb.h"

using namespace millrace;
using namespace millrace::test;

namespace {

using texts = std::set<std::string>;

Act act_of(std::vector<std::pair<Do::Kind, std::string>> does) {
  Act made;
  for (auto& [kind, tag] : does) {
    auto& one = *made.add_does();
    one.set_kind(kind);
    one.set_tag(tag);
  }
  return made;
}

google::protobuf::Empty without_fields(const google::protobuf::Message& of) {
  google::protobuf::Empty made;
  REQUIRE(made.ParseFromString(of.SerializeAsString()));
  return made;
}

}  // namespace

TEST_CASE("fields that differ are named once each, and equal ones are not") {
  Act one;
  one.set_id("a");
  one.set_grow(1);
  auto other = one;
  CHECK(differing_fields(one, other).empty());
  other.set_grow(2);
  other.set_joins(true);
  CHECK(differing_fields(one, other) == texts{"grow", "joins"});
}

TEST_CASE("lists of one length are compared place by place, others as a whole") {
  const auto one = act_of({{Do::SAY, "x"}, {Do::DONE, "y"}});
  CHECK(differing_fields(one, act_of({{Do::SAY, "x"}, {Do::DONE, "z"}})) == texts{"does.tag"});
  CHECK(differing_fields(one, act_of({{Do::TELL, "x"}, {Do::DONE, "z"}})) ==
        texts{"does.kind", "does.tag"});
  CHECK(differing_fields(one, act_of({{Do::SAY, "x"}})) == texts{"does"});
}

TEST_CASE("the order in a map is none") {
  Diary one;
  Diary other;
  for (const auto* key : {"a", "b", "c"}) (*one.mutable_counts())[key] = 1;
  for (const auto* key : {"c", "b", "a"}) (*other.mutable_counts())[key] = 1;
  CHECK(differing_fields(one, other).empty());
  (*other.mutable_counts())["b"] = 2;
  CHECK(differing_fields(one, other) == texts{"counts"});
}

TEST_CASE("fields that a message does not know are told by number") {
  Act one;
  one.set_id("a");
  one.set_grow(1);
  Act other;
  other.set_id("a");
  other.set_joins(true);
  CHECK(differing_fields(without_fields(one), without_fields(other)) == texts{"3", "5"});
  CHECK(differing_fields(without_fields(one), without_fields(one)).empty());
}
