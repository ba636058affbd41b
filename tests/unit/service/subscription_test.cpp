#include <catch2/catch.hpp>

#include "service/recent_rate.hpp"
#include "service/subscription_request.hpp"
#include "service/told_progress.hpp"

using namespace millrace;
using namespace millrace::service;
using namespace std::chrono_literals;

namespace {

constexpr timestamp start{duration{1'000'000'000'000}};
using texts = std::vector<std::string>;

std::string said(const char* kind, std::uint64_t at) {
  return std::string{R"({"message":")"} + kind + R"(","position":)" + std::to_string(at) + "}";
}

}  // namespace

TEST_CASE("a subscription says once that it caught up") {
  told_progress told{position{0}};
  CHECK(told.at({position{10}, position{10}}, start) == texts{said("caught_up", 10)});
  CHECK(told.at({position{10}, position{10}}, start + 5s).empty());
  told.sent(position{10});
  CHECK(told.at({position{11}, position{11}}, start + 10s).empty());
}

TEST_CASE("where nothing is wanted the position is told once a second at most") {
  told_progress told{position{0}};
  CHECK(told.at({position{10}, position{10}}, start).size() == 1);
  CHECK(told.at({position{12}, position{12}}, start + 300ms).empty());
  CHECK(told.due_in({position{12}, position{12}}, start + 300ms) == duration{700ms});
  CHECK(told.at({position{13}, position{13}}, start + 1s) == texts{said("position", 13)});
  CHECK_FALSE(told.due_in({position{13}, position{13}}, start + 1s));
}

TEST_CASE("without credit, or far from the tail, a subscription fell behind until it caught up") {
  told_progress told{position{0}};
  CHECK(told.at({position{1}, position{1}}, start).size() == 1);
  SECTION("an event waits for credit") {
    CHECK(told.at({position{1}, position{2}, true}, start) == texts{said("fell_behind", 1)});
    CHECK(told.at({position{1}, position{3}, true}, start + 9s).empty());
    told.sent(position{1});
    told.sent(position{2});
    CHECK(told.at({position{3}, position{3}}, start + 9s) == texts{said("caught_up", 3)});
  }
  SECTION("many positions are ahead") {
    const position tail{2 + limits::subscription_near};
    CHECK(told.at({position{1}, tail}, start) == texts{said("fell_behind", 1)});
    CHECK(told.at({tail, tail}, start) == texts{said("caught_up", tail.value)});
  }
  SECTION("a few positions ahead are nothing to tell") {
    CHECK(told.at({position{1}, position{limits::subscription_near}}, start).empty());
  }
}

TEST_CASE("a message begins a subscription or gives credit") {
  auto first = parse_subscription(
      R"({"message":"subscribe","from":5,"types":["A"],"prefix":"Order","credit":7})");
  REQUIRE(first);
  REQUIRE(first->wish);
  CHECK(first->wish->from == position{5});
  CHECK(first->wish->credit == 7);
  CHECK(first->wish->wants("A"));
  CHECK(first->wish->wants("OrderPaid"));
  CHECK_FALSE(first->wish->wants("B"));
  CHECK(parse_subscription(R"({"message":"subscribe"})")->wish->wants("anything"));
  auto query = parse_subscription(R"({"message":"subscribe","query":"Q|1","etag":"\"1-0\""})");
  REQUIRE(query);
  CHECK(query->wish->query == flow_key{"Q", "1"});
  CHECK(query->wish->etag == "\"1-0\"");
  auto more = parse_subscription(R"({"message":"credit","credit":3})");
  REQUIRE(more);
  CHECK_FALSE(more->wish);
  CHECK(more->credit == 3);
}

TEST_CASE("a subscription that makes no sense is refused") {
  for (const auto* wrong :
       {"", "{}", R"({"message":"view"})", R"({"message":"subscribe","flow":"A|1","types":["B"]})",
        R"({"message":"subscribe","query":"A","from":1})",
        R"({"message":"subscribe","query":"A","flow":"B"})",
        R"({"message":"subscribe","etag":"\"1-0\""})",
        R"({"message":"subscribe","credit":1000001})", R"({"message":"subscribe","credit":-1})",
        R"({"message":"subscribe","types":[1]})", R"({"message":"credit","credit":1,"from":2})"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_subscription(wrong));
  }
}

TEST_CASE("a rate is that of the last ten seconds, or of the time since the beginning") {
  recent_rate rate{start};
  rate.add(10, start);
  CHECK(rate.look(start) == 10);
  CHECK(rate.look(start + 5s) == 2);
  rate.add(20, start + 5s);
  CHECK(rate.look(start + 9s) == Approx(3.33));
  CHECK(rate.look(start + 12s) == 2);
  CHECK(rate.look(start + 20s) == 0);
}
