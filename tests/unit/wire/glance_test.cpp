// A glance at an envelope sees what Protobuf reads.
#include "wire/glance.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

using namespace millrace;

namespace {

struct seen_fields {
  bool has_routes;
  std::vector<std::string> keys;
  std::optional<position> cause;
  bool has_due;
  bool from_schedule;
  std::string content_type;
  friend bool operator==(const seen_fields&, const seen_fields&) = default;
};

seen_fields copied(const routing_fields& from) {
  return {from.has_routes,    {from.keys.begin(), from.keys.end()}, from.cause, from.has_due,
          from.from_schedule, std::string{from.content_type}};
}

seen_fields read_by_protobuf(const v1::Envelope& envelope) {
  routing_fields fields;
  take_fields(envelope, fields);
  return copied(fields);
}

v1::Envelope everything() {
  v1::Envelope made;
  made.set_id("id");
  made.set_content_type("application/json");
  made.set_cause(1'000'000'000'000);
  made.set_correlation_id("c");
  made.set_user("somebody");
  made.set_due(-5);
  made.set_from_schedule(true);
  made.set_emitter("Topic|a");
  made.set_ordinal(3);
  made.set_depth(200);
  made.add_headers()->set_name("name");
  made.mutable_headers(0)->set_value("value");
  made.mutable_routes()->add_keys("T|\xc3\xa9\xff");
  made.mutable_routes()->add_keys("");
  made.mutable_timer()->set_flow("Topic|a");
  made.mutable_timer()->set_cause(7);
  return made;
}

}  // namespace

TEST_CASE("a glance reads every field that routing needs") {
  routing_fields fields;
  const auto envelope = everything();
  const auto bytes = envelope.SerializeAsString();
  if (envelope.due() < 0) {  // ten bytes: left to Protobuf
    CHECK_FALSE(glance(bytes, fields));
  }
  auto usual = envelope;
  usual.set_due(5);
  const auto usual_bytes = usual.SerializeAsString();
  REQUIRE(glance(usual_bytes, fields));
  CHECK(copied(fields) == read_by_protobuf(usual));
  CHECK(fields.keys.size() == 2);
}

TEST_CASE("empty routes are routes, and an empty envelope has none") {
  routing_fields fields;
  REQUIRE(glance("", fields));
  CHECK_FALSE(fields.has_routes);
  v1::Envelope envelope;
  envelope.mutable_routes();
  const auto bytes = envelope.SerializeAsString();
  REQUIRE(glance(bytes, fields));
  CHECK(fields.has_routes);
  CHECK(fields.keys.empty());
}

TEST_CASE("text that is not ASCII is left to Protobuf, in routes it is not looked at") {
  routing_fields fields;
  v1::Envelope envelope;
  envelope.set_user("J\xc3\xb6rg");
  const auto bytes = envelope.SerializeAsString();
  CHECK_FALSE(glance(bytes, fields));
}

TEST_CASE("what a glance accepts of damaged bytes, Protobuf reads alike") {
  const auto seed = GENERATE(range(1u, 5u));
  std::mt19937 random{seed};
  auto whole = everything();
  whole.set_due(5);
  const auto bytes = whole.SerializeAsString();
  std::size_t accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    auto damaged = bytes;
    for (auto left = 1 + random() % 3; left > 0; --left) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) damaged.resize(random() % damaged.size());
    routing_fields fields;
    if (!glance(damaged, fields)) continue;
    ++accepted;
    v1::Envelope parsed;
    REQUIRE(parsed.ParseFromString(damaged));
    REQUIRE(copied(fields) == read_by_protobuf(parsed));
  }
  CHECK(accepted > 1000);
}
