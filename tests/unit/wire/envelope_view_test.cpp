// An envelope is read as Protobuf reads it.
#include "wire/envelope_view.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "millrace/envelope.pb.h"
#include "millrace/event.hpp"

using namespace millrace;

namespace {

v1::Envelope everything() {
  v1::Envelope made;
  made.set_id("id");
  made.set_content_type("application/json");
  made.set_cause(1'000'000'000'000);
  made.set_correlation_id("c");
  made.set_user("J\xc3\xb6rg");
  made.set_due(-5);
  made.set_from_schedule(true);
  made.set_emitter("Topic|a");
  made.set_ordinal(3);
  made.set_depth(200);
  made.add_headers()->set_name("name");
  made.mutable_headers(0)->set_value("value");
  made.add_headers()->set_name("other");
  made.mutable_routes()->add_keys("T|\xc3\xa9\xff");
  made.mutable_routes()->add_keys("");
  made.mutable_timer()->set_flow("Topic|a");
  made.mutable_timer()->set_cause(7);
  return made;
}

/// What events show of it, as a message again.
v1::Envelope shown(const envelope_view& view) {
  const event seen{.at = {}, .type = {}, .time = {}, .payload = {}, .envelope = &view};
  v1::Envelope made;
  made.set_id(std::string{seen.id()});
  made.set_content_type(std::string{seen.content_type()});
  if (seen.cause()) made.set_cause(seen.cause()->value);
  made.set_correlation_id(std::string{seen.correlation_id()});
  made.set_user(std::string{seen.user()});
  if (seen.due()) made.set_due(seen.due()->time_since_epoch().count());
  made.set_from_schedule(seen.from_schedule());
  made.set_emitter(std::string{seen.emitter()});
  made.set_ordinal(seen.ordinal());
  made.set_depth(seen.depth());
  for (const auto& one : seen.headers()) {
    auto& added = *made.add_headers();
    added.set_name(one.name);
    added.set_value(one.value);
  }
  if (view.has_routes) made.mutable_routes();
  for (const auto key : view.keys()) made.mutable_routes()->add_keys(std::string{key});
  if (view.has_timer) {
    made.mutable_timer()->set_flow(std::string{view.timer_flow});
    made.mutable_timer()->set_cause(view.timer_cause);
  }
  return made;
}

/// As a builder reads it: null when it is damaged.
std::optional<v1::Envelope> read(std::string_view encoded) {
  envelope_view view;
  if (read_usual(encoded, view)) return shown(view);
  std::string usual;
  if (!rewrite(encoded, usual)) return std::nullopt;
  read_rewritten(usual, view);
  return shown(view);
}

}  // namespace

TEST_CASE("every field of an envelope is there, and it is of the usual shape") {
  const auto envelope = everything();
  const auto bytes = envelope.SerializeAsString();
  envelope_view view;
  REQUIRE(read_usual(bytes, view));
  CHECK(shown(view).SerializeAsString() == bytes);
}

TEST_CASE("empty routes are routes, and an empty envelope has none") {
  envelope_view view;
  REQUIRE(read_usual("", view));
  CHECK_FALSE(view.has_routes);
  v1::Envelope envelope;
  envelope.mutable_routes();
  const auto bytes = envelope.SerializeAsString();
  REQUIRE(read_usual(bytes, view));
  CHECK(view.has_routes);
  CHECK(view.keys().begin() == nullptr);
}

TEST_CASE("routes that stand there twice are read as one list") {
  v1::Envelope one;
  one.mutable_routes()->add_keys("A");
  v1::Envelope other;
  other.mutable_routes()->add_keys("B");
  const auto bytes = one.SerializeAsString() + other.SerializeAsString();
  envelope_view view;
  CHECK_FALSE(read_usual(bytes, view));
  const auto seen = read(bytes);
  REQUIRE(seen);
  CHECK(seen->routes().keys_size() == 2);
}

TEST_CASE("text that is not UTF-8 is damage, in routes it is not looked at") {
  const std::string broken = "\x2a\x01\xff";  // a user
  envelope_view view;
  CHECK_FALSE(read_usual(broken, view));
  CHECK_FALSE(read(broken));
}

TEST_CASE("damaged bytes are read as Protobuf reads them, or refused as it refuses them") {
  const auto seed = GENERATE(range(1u, 5u));
  std::mt19937 random{seed};
  INFO("seed " << seed);
  const auto bytes = everything().SerializeAsString();
  std::size_t accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    auto damaged = bytes;
    for (auto left = 1 + random() % 3; left > 0; --left) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) damaged.resize(random() % damaged.size());
    v1::Envelope parsed;
    const bool whole = parsed.ParseFromString(damaged);
    parsed.DiscardUnknownFields();
    const auto seen = read(damaged);
    REQUIRE(seen.has_value() == whole);
    if (!seen) continue;
    ++accepted;
    REQUIRE(seen->SerializeAsString() == parsed.SerializeAsString());
  }
  CHECK(accepted > 1000);
}
