// Leases, their numbers, and the bodies of checkpoints.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/service_limits.hpp"
#include "service/checkpoint_body.hpp"
#include "service/lease_table.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::service;
using namespace std::chrono_literals;

namespace {

struct hand_set_clock final : millrace::clock {
  timestamp at{};
  [[nodiscard]] timestamp now() const override { return at; }
  [[nodiscard]] timestamp steady() const override { return at; }
};

struct fixture {
  temporary_directory directory;
  hand_set_clock time;
  lease_table table{time, directory.path()};

  result<std::uint64_t> take(const std::string& key, std::optional<std::uint64_t> epoch = {},
                             duration length = 30s) {
    auto held = table.take({.key = key, .holder = "me", .length = length, .epoch = epoch});
    if (!held) return held.error();
    return held->of->epoch;
  }
  bool is_held(const std::string& key, std::uint64_t epoch) {
    return table.use(key, epoch).has_value();
  }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a lease is held until its time has passed, and then by nobody") {
  const auto epoch = *take("A|x");
  CHECK(take("A|x").error().code == errc::conflict);
  time.at += 30s - 1us;
  CHECK(is_held("A|x", epoch));
  time.at += 1us;
  CHECK_FALSE(is_held("A|x", epoch));
  CHECK(take("A|x", epoch).error().code == errc::conflict);
  CHECK(*take("A|x") > epoch);
  CHECK_FALSE(is_held("A|x", epoch));
}

TEST_CASE_METHOD(fixture, "a lease that is renewed lasts from then on") {
  const auto epoch = *take("A|x");
  time.at += 20s;
  CHECK(*take("A|x", epoch, 60s) == epoch);
  time.at += 59s;
  CHECK(is_held("A|x", epoch));
  CHECK(take("A|x", epoch + 1).error().code == errc::conflict);
  CHECK(take("A|y", epoch).error().code == errc::conflict);
}

TEST_CASE_METHOD(fixture, "leases are bounded, and those that ended make room") {
  for (std::size_t i = 0; i < limits::leases_max; ++i) {
    REQUIRE(take("A|" + std::to_string(i)));
  }
  CHECK(take("B").error().code == errc::overloaded);
  time.at += 30s;
  CHECK(take("B"));
}

TEST_CASE_METHOD(fixture, "after a start no epoch comes again, used up or not") {
  epochs first{directory.path()};
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < limits::epochs_reserved + 2; ++i) {
    const auto next = *first.next();
    REQUIRE(next == last + 1);
    last = next;
  }
  epochs second{directory.path()};
  CHECK(*second.next() > last);
}

TEST_CASE_METHOD(fixture, "a damaged file of epochs hands out none") {
  const auto text = GENERATE("", "x\n", "0\n", "12", "-1\n");
  std::ofstream{directory.path() / "epochs"} << text;
  CHECK(epochs{directory.path()}.next().error().code == errc::corrupt);
}

TEST_CASE("a checkpoint says what it follows, and null is none") {
  const type_registry types;
  const auto read = read_checkpoint(
      R"({"epoch":7,"previous":null,"position":3,"state":{"a": 1},"done":false,
          "error":{"position":5,"message":"no"},"reactions":[{"type":"T","cause":2}]})",
      types);
  REQUIRE(read);
  CHECK(read->epoch == 7);
  CHECK_FALSE(read->turn.previous);
  CHECK(read->turn.reached == position{3});
  CHECK(read->turn.state == R"({"a": 1})");
  CHECK(read->turn.failed->at == position{5});
  CHECK(read->turn.reactions.front().cause == position{2});
}

TEST_CASE("what is no checkpoint is refused") {
  const type_registry types;
  const auto body = GENERATE(
      "", "[]", "{}", R"({"epoch":1,"position":1})", R"({"epoch":1,"previous":1})",
      R"({"epoch":0,"previous":1,"position":2})", R"({"epoch":1,"previous":-1,"position":2})",
      R"({"epoch":1,"previous":1,"position":2,"done":1})",
      R"({"epoch":1,"previous":1,"position":2,"reactions":{}})",
      R"({"epoch":1,"previous":1,"position":2,"reactions":[{}]})",
      R"({"epoch":1,"previous":1,"position":2,"error":"no"})",
      R"({"epoch":1,"previous":1,"position":2,"error":{"position":3}})",
      R"({"epoch":1,"previous":1,"position":2,"other":3})");
  INFO(body);
  CHECK_FALSE(read_checkpoint(body, types));
}

TEST_CASE("a checkpoint may have no reactions at all") {
  const type_registry types;
  const auto read =
      read_checkpoint(R"({"epoch":1,"previous":1,"position":2,"reactions":[ ]})", types);
  REQUIRE(read);
  CHECK(read->turn.reactions.empty());
}
