#include <catch2/catch.hpp>

#include "support.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

std::vector<std::uint64_t> positions(const std::vector<posting>& postings) {
  std::vector<std::uint64_t> all;
  for (const auto& one : postings) all.push_back(one.at.value);
  return all;
}

}  // namespace

TEST_CASE("an inbox is what is stored and what routing adds") {
  store_builder made;
  const auto types = types_of<acts>();
  const auto known = known_of(types);
  for (int i = 0; i < 3; ++i) made.append(act("1"));
  made.route(types);
  for (int i = 0; i < 3; ++i) made.append(act(i == 1 ? "2" : "1"));
  const flow_key key{"Acts", "1"};

  const auto now = *overview::of(made.stored, *known, overview::watch{key, position{0}, 3});
  const auto inbox = *now.watched_inbox();
  CHECK(positions(inbox.postings) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(inbox.count == 4);

  const auto view = *now.find(key);
  CHECK(view->row.latest == position{5});
  CHECK(view->row.postings == 5);
  CHECK(view->status == flow_status::pending);
}

TEST_CASE("flows of the store and flows that only routing knows come in byte order") {
  store_builder made;
  const auto types = types_of<acts>();
  const auto known = known_of(types);
  made.append(act("b"));
  made.route(types);
  for (const auto* id : {"c", "a", "b"}) made.append(act(id));
  const auto now = *overview::of(made.stored, *known);
  std::vector<std::string> keys;
  REQUIRE(now.flows({}, [&](const flow_view& view) {
    keys.push_back(view.row.entry.key.text() + (view.stored ? " stored" : ""));
    return true;
  }));
  CHECK(keys == std::vector<std::string>{"Acts|a", "Acts|b stored", "Acts|c"});
}

TEST_CASE("a type whose route() throws is parked, and what is after that waits for it") {
  store_builder made;
  const auto types = types_of<acts, all_acts>();
  const auto known = known_of(types);
  made.append(act("1"));
  made.append(act("2", "unroutable"));
  made.append(act("3"));
  const auto now = *overview::of(made.stored, *known);
  CHECK(now.types().at("Acts").error_position() == 1);
  CHECK((*now.find(flow_key{"Acts", "1"})).has_value());
  CHECK_FALSE((*now.find(flow_key{"Acts", "3"})).has_value());
  CHECK((*now.find(flow_key{"AllActs"}))->row.latest == position{2});
}

TEST_CASE("two flow types of one name are refused") {
  CHECK(known_types::of(types_of<acts, acts>()).error().code == errc::invalid);
}
