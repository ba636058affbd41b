#include "scans/expected.hpp"

#include <catch2/catch.hpp>

#include "millrace/host_test.hpp"
#include "scans/generator.hpp"
#include "support.hpp"

using namespace scans;

namespace {

recorded_event outside(std::uint64_t at, const google::protobuf::Message& body) {
  return {.at = {at},
          .type = body.GetDescriptor()->name(),
          .time = {},
          .payload = body.SerializeAsString(),
          .cause = {},
          .emitter = {},
          .due = {}};
}

recorded_event reaction(std::uint64_t at, std::uint64_t cause, const std::string& emitter,
                        const google::protobuf::Message& body) {
  auto made = outside(at, body);
  made.cause = millrace::position{cause};
  made.emitter = emitter;
  return made;
}

std::vector<recorded_event> timeline_of(millrace::host_test& test) {
  std::vector<recorded_event> all;
  for (auto& one : test.timeline()) {
    all.push_back({one.at, one.type, one.time, one.payload, one.cause, one.emitter,
                   one.from_schedule, one.due});
  }
  return all;
}

}  // namespace

TEST_CASE("a reaction that is recorded once is no violation") {
  const std::vector timeline{outside(0, registry({entry("S1")})),
                             reaction(1, 0, "SmartScanner", registered("S1"))};
  std::vector types{millrace::describe<smart_scanner>()};
  CHECK(expected(timeline, types).violations.empty());
}

TEST_CASE("a lost, a double and a changed reaction are violations") {
  const std::vector types{millrace::describe<smart_scanner>()};
  const auto cause = outside(0, registry({entry("S1")}));
  const auto right = reaction(1, 0, "SmartScanner", registered("S1"));
  const auto wrong = reaction(1, 0, "SmartScanner", registered("S2"));
  auto twice = right;
  twice.at = {2};
  CHECK(expected(std::vector{cause}, types).violations.size() == 1);
  CHECK(!expected(std::vector{cause, right, twice}, types).violations.empty());
  CHECK(!expected(std::vector{cause, wrong}, types).violations.empty());
}

TEST_CASE("an own emission is folded once, where its cause is") {
  const std::vector timeline{outside(0, registry({entry("S1")})), outside(1, written("S1", "1")),
                             reaction(2, 0, "SmartScanner", registered("S1"))};
  const auto run = expected(timeline, std::vector{millrace::describe<smart_scanner>()});
  SmartScannerState state;
  REQUIRE(state.ParseFromString(run.states.at("SmartScanner")));
  CHECK(state.registered() == 1);
  CHECK(state.images() == 1);
}

TEST_CASE("the engine comes to what a plain loop over its timeline comes to") {
  millrace::host_test test;
  add_scans(test);
  generator shop{3};
  for (int i = 0; i < 2000; ++i) test.append(to_event(shop.next()));
  test.advance(std::chrono::minutes{31});
  const auto run = expected(timeline_of(test));
  CHECK(run.violations == std::vector<std::string>{});
  for (const auto& [key, state] : run.states) {
    const auto read = test.running().read(millrace::flow_key::parse(key));
    if (!read) continue;  // a topic
    INFO(key);
    CHECK(read->state == state);
  }
  CHECK(run.states.size() > 20);
}
