#include "wire/window.hpp"

#include <catch2/catch.hpp>

#include "millrace/envelope.pb.h"
#include "support/flows.pb.h"

using namespace millrace;
using namespace millrace::test;

namespace {

struct fixture {
  type_registry types;
  fixture() { REQUIRE(types.add({.name = "Word", .prototype = &Word::default_instance()})); }

  std::shared_ptr<const window> one(std::string type, std::string payload,
                                    const v1::Envelope& envelope = {}) {
    window_builder builder{types, {5}};
    builder.add({5}, type, timestamp{duration{9}}, payload, envelope.SerializeAsString());
    return builder.finish({6});
  }
};

std::string encoded_word(const std::string& tag) {
  Word body;
  body.set_tag(tag);
  return body.SerializeAsString();
}

}  // namespace

TEST_CASE_METHOD(fixture, "a window holds copies of what was added, and outlives its builder") {
  const auto made = one("Unknown", "payload");
  REQUIRE(made->events().size() == 1);
  const event& only = made->events()[0];
  CHECK(only.at == position{5});
  CHECK(only.type == "Unknown");
  CHECK(only.payload == "payload");
  CHECK(only.time == timestamp{duration{9}});
  CHECK(only.body == nullptr);
  CHECK(made->begin() == position{5});
  CHECK(made->end() == position{6});
  CHECK(made->encoded_size() == 7 + 7);
}

TEST_CASE_METHOD(fixture, "a registered type is decoded and its name is shared") {
  const auto made = one("Word", encoded_word("w"));
  const event& only = made->events()[0];
  REQUIRE(only.body != nullptr);
  CHECK(static_cast<const Word&>(*only.body).tag() == "w");
  CHECK(only.type.data() == types.interned("Word").data());
}

TEST_CASE_METHOD(fixture, "a payload that does not decode has no body") {
  const auto made = one("Word", "\xFF\xFF");
  CHECK(made->events()[0].body == nullptr);
  CHECK(made->events()[0].payload == "\xFF\xFF");
}

TEST_CASE_METHOD(fixture,
                 "a recorded JSON payload of a registered type is decoded, whatever else it has") {
  v1::Envelope envelope;
  envelope.set_content_type("application/json");
  const auto made = one("Word", R"({"tag": "w", "dropped long ago": 1})", envelope);
  REQUIRE(made->events()[0].body != nullptr);
  CHECK(static_cast<const Word&>(*made->events()[0].body).tag() == "w");
  CHECK(one("Word", "{", envelope)->events()[0].body == nullptr);
  envelope.set_content_type("text/plain");
  CHECK(one("Word", "", envelope)->events()[0].body == nullptr);
}

TEST_CASE_METHOD(fixture, "an event without envelope has an empty one") {
  const auto made = one("Word", encoded_word("w"));
  const event& only = made->events()[0];
  CHECK(only.envelope == &empty_envelope());
  CHECK(only.id().empty());
  CHECK_FALSE(only.cause());
  CHECK_FALSE(only.due());
  CHECK_FALSE(only.routes());
  CHECK_FALSE(only.from_schedule());
  CHECK(only.headers().empty());
}

TEST_CASE_METHOD(fixture, "a broken envelope becomes an empty one, and the event has no body") {
  window_builder builder{types, {0}};
  builder.add({0}, "Word", {}, encoded_word("w"), "\xFF\xFF");
  const auto made = builder.finish({1});
  CHECK(made->events()[0].envelope == &empty_envelope());
  CHECK(made->events()[0].body == nullptr);
}

TEST_CASE_METHOD(fixture, "what an owner holds is not copied, and lives as long as the window") {
  struct row {
    std::string payload = encoded_word("long enough to lie outside of the string that has it");
    std::string envelope;
  };
  auto owner = std::make_shared<row>();
  v1::Envelope envelope;
  envelope.set_user("somebody whose name is as long as that");
  owner->envelope = envelope.SerializeAsString();
  window_builder builder{types, {0}};
  builder.hold(owner);
  builder.add({0}, "Word", {}, owner->payload, owner->envelope);
  builder.hold(nullptr);
  builder.add({1}, "Word", {}, std::string{owner->payload}, {});
  const auto made = builder.finish({2});
  CHECK(made->events()[0].payload.data() == owner->payload.data());
  const std::weak_ptr<row> held = owner;
  owner.reset();
  CHECK_FALSE(held.expired());
  CHECK(made->events()[0].user() == envelope.user());
  CHECK(made->events()[1].payload == made->events()[0].payload);
}

TEST_CASE_METHOD(fixture, "the accessors of an event read its envelope") {
  v1::Envelope envelope;
  envelope.set_id("id");
  envelope.set_cause(3);
  envelope.set_correlation_id("corr");
  envelope.set_user("ann");
  envelope.set_due(1'000'000);
  envelope.set_from_schedule(true);
  envelope.set_emitter("T|x");
  envelope.set_ordinal(2);
  envelope.set_depth(4);
  auto& header = *envelope.add_headers();
  header.set_name("n");
  header.set_value("v");
  envelope.mutable_routes()->add_keys("S");
  envelope.mutable_routes()->add_keys("T|a|b");
  const auto made = one("Word", encoded_word("w"), envelope);
  const event& only = made->events()[0];
  CHECK(only.id() == "id");
  CHECK(only.cause() == position{3});
  CHECK(only.correlation_id() == "corr");
  CHECK(only.user() == "ann");
  CHECK(only.due() == timestamp{std::chrono::seconds{1}});
  CHECK(only.from_schedule());
  CHECK(only.emitter() == "T|x");
  CHECK(only.ordinal() == 2);
  CHECK(only.depth() == 4);
  CHECK(only.headers() == std::vector<millrace::header>{{"n", "v"}});
  CHECK(only.routes() == explicit_routes{flow_key{"S"}, flow_key{"T", "a|b"}});
}

TEST_CASE_METHOD(fixture, "explicit routes may be there and empty") {
  v1::Envelope envelope;
  envelope.mutable_routes();
  CHECK(one("Word", "", envelope)->events()[0].routes() == explicit_routes{});
}

TEST_CASE_METHOD(fixture, "a builder knows what it has so far") {
  window_builder builder{types, {0}};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    builder.add({i}, "Word", {}, encoded_word(std::to_string(i)), {});
    CHECK(builder.size() == i + 1);
  }
  const auto size = builder.encoded_size();
  const auto made = builder.finish({1000});
  CHECK(made->encoded_size() == size);
  CHECK(static_cast<const Word&>(*made->events()[999].body).tag() == "999");
}
