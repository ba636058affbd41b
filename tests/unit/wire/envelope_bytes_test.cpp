#include "wire/envelope_bytes.hpp"

#include <catch2/catch.hpp>

#include "millrace/envelope.pb.h"

using namespace millrace;

namespace {

std::string encoded(const envelope_fields& from) {
  std::string bytes(encoded_size(from), '?');
  CHECK(encode(from, bytes.data()) == bytes.data() + bytes.size());
  return bytes;
}

v1::Envelope decoded(const std::string& bytes) {
  v1::Envelope made;
  CHECK(made.ParseFromString(bytes));
  return made;
}

}  // namespace

TEST_CASE("an envelope with nothing to say has no bytes") {
  CHECK(encoded({}).empty());
  CHECK(encoded(envelope_of(new_event{})).empty());
}

TEST_CASE("a whole envelope is written as Protobuf writes it, byte for byte") {
  const explicit_routes routes{flow_key{"Words", "a"}, flow_key{"Every"},
                               flow_key{"Long", std::string(300, 'x')}};
  const std::vector<header> headers{{"name", "value"}, {"", "alone"}, {"empty", ""}, {"", ""}};
  const envelope_fields fields{.id = "id",
                               .content_type = content_type_json,
                               .cause = position{300},
                               .correlation_id = "those",
                               .user = "me",
                               .due = timestamp{std::chrono::microseconds{-5}},
                               .emitter = "Topic|é",
                               .ordinal = 7,
                               .depth = 1'000'000,
                               .headers = headers,
                               .routes = &routes};
  v1::Envelope meant;
  meant.set_id("id");
  meant.set_content_type("application/json");
  meant.set_cause(300);
  meant.set_correlation_id("those");
  meant.set_user("me");
  meant.set_due(-5);
  meant.set_emitter("Topic|é");
  meant.set_ordinal(7);
  meant.set_depth(1'000'000);
  for (const auto& each : headers) {
    auto& added = *meant.add_headers();
    added.set_name(each.name);
    added.set_value(each.value);
  }
  for (const auto& each : routes) meant.mutable_routes()->add_keys(each.text());
  CHECK(encoded(fields) == meant.SerializeAsString());
}

TEST_CASE("position 0 as a cause and an empty list of routes are said") {
  const explicit_routes nobody;
  const auto made = decoded(encoded({.cause = position{0}, .routes = &nobody}));
  CHECK(made.has_cause());
  CHECK(made.has_routes());
  CHECK(made.routes().keys().empty());
}

TEST_CASE("an id is found within the bytes, whatever its length") {
  for (const std::size_t size : {0, 1, 127, 128, 256}) {
    CAPTURE(size);
    new_event one;
    one.id = std::string(size, 'i');
    one.user = "me";
    const auto bytes = encoded(envelope_of(one));
    CHECK(id_within(bytes, one.id.size()) == one.id);
  }
}
