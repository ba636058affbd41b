#include "service/flow_board.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "service/view_request.hpp"

using namespace millrace;
using namespace millrace::service;

namespace {

flow_place place(std::uint32_t number, std::string key, std::uint64_t active,
                 flow_status status = flow_status::idle) {
  return {flow_number{number}, flow_key::parse(std::move(key)), status, active};
}

std::vector<std::string> sorted(const std::vector<const std::string*>& rows) {
  std::vector<std::string> made;
  for (const auto* one : rows) made.push_back(*one);
  std::sort(made.begin(), made.end());
  return made;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a client that was told late gets every change once, and the last of each") {
  flow_board board;
  const view_wish all;
  board.add(all);
  board.see(place(1, "A|1", 1), "a", 1);
  board.see(place(2, "A|2", 1), "b", 1);
  board.see(place(1, "A|1", 2), "a2", 2);
  board.see(place(1, "A|1", 3), "a3", 3);
  CHECK(sorted(board.all(all)) == texts{"a3", "b"});
  CHECK(sorted(board.since(all, 1)->rows) == texts{"a3"});
  CHECK(board.since(all, 3)->rows.empty());
  CHECK(board.since(all, 1)->gone.empty());
}

TEST_CASE("a row that says the same is no change") {
  flow_board board;
  board.add({});
  board.see(place(1, "A|1", 1), "a", 1);
  board.see(place(1, "A|1", 1), "a", 2);
  CHECK(board.since({}, 1)->rows.empty());
}

TEST_CASE("a view keeps what matters most: stopped, then pending, then active last") {
  flow_board board;
  const view_wish three{.type = {}, .status = {}, .contains = {}, .limit = 3};
  board.add(three);
  board.see(place(1, "A|1", 5), "old", 1);
  board.see(place(2, "A|2", 6), "new", 1);
  board.see(place(3, "A|3", 1, flow_status::pending), "pending", 1);
  board.see(place(4, "A|4", 1, flow_status::stopped), "stopped", 2);
  CHECK(sorted(board.all(three)) == texts{"new", "pending", "stopped"});
  CHECK(board.since(three, 1)->gone == texts{"A|1"});
  CHECK_FALSE(board.shows(flow_number{1}));
  SECTION("one that matters less than all that are there does not come in") {
    board.see(place(5, "A|5", 2), "older", 3);
    CHECK_FALSE(board.shows(flow_number{5}));
    CHECK(board.since(three, 2)->rows.empty());
  }
  SECTION("one that comes back is not gone") {
    board.see(place(1, "A|1", 7, flow_status::stopped), "back", 3);
    CHECK(board.since(three, 1)->gone == texts{"A|2"});
    CHECK(sorted(board.since(three, 1)->rows) == texts{"back", "stopped"});
  }
}

TEST_CASE("views show only what fits, and a flow that does not fit any more is gone") {
  flow_board board;
  const view_wish stopped{.type = "A", .status = flow_status::stopped, .contains = "x"};
  board.add(stopped);
  board.add({});
  board.see(place(1, "A|x", 1, flow_status::stopped), "1", 1);
  board.see(place(2, "B|x", 1, flow_status::stopped), "2", 1);
  board.see(place(3, "A|y", 1, flow_status::stopped), "3", 1);
  CHECK(sorted(board.all(stopped)) == texts{"1"});
  CHECK(board.all({}).size() == 3);
  board.see(place(1, "A|x", 2), "1 idle", 2);
  CHECK(board.since(stopped, 1)->gone == texts{"A|x"});
  CHECK(sorted(board.since({}, 1)->rows) == texts{"1 idle"});
  board.forget(flow_number{1}, 3);
  CHECK(board.since({}, 2)->gone == texts{"A|x"});
}

TEST_CASE("what left a view long ago is not remembered: such a client begins anew") {
  flow_board board;
  const view_wish one{.type = {}, .status = {}, .contains = {}, .limit = 1};
  board.add(one);
  const auto many = static_cast<std::uint32_t>(3 * limits::view_flows_max);
  for (std::uint32_t i = 0; i < many; ++i) {
    board.see(place(i, "A|" + std::to_string(i), i), "row", i + 1);
  }
  CHECK_FALSE(board.since(one, 1));
  CHECK(board.since(one, many - 1));
  CHECK(board.shown().size() == 1);
}

TEST_CASE("a view goes with the last client that has it, and its rows with it") {
  flow_board board;
  board.add({});
  board.add({});
  board.see(place(1, "A|1", 1), "a", 1);
  board.remove({});
  CHECK(board.all({}).size() == 1);
  board.remove({});
  CHECK(board.shown().empty());
  board.see(place(1, "A|1", 1), "a", 2);
  CHECK(board.shown().empty());
}

TEST_CASE("a wish for a view says which flows, and nothing that is not known") {
  const auto wish =
      parse_view(R"({"message":"view","type":"A","status":"stopped","contains":"17","limit":200})");
  REQUIRE(wish);
  CHECK(*wish == view_wish{"A", flow_status::stopped, "17", 200});
  CHECK(*parse_view(R"({"message":"view","type":null})") == view_wish{});
  for (const auto* wrong :
       {"", "[]", "{}", R"({"message":"other"})", R"({"message":"view","limit":2001})",
        R"({"message":"view","limit":-1})", R"({"message":"view","status":"lazy"})",
        R"({"message":"view","more":"1"})", R"({"type":"A"})"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_view(wrong));
  }
}
