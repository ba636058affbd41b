#include "millrace/route.hpp"

#include <catch2/catch.hpp>

#include <list>

using namespace millrace;

namespace {
std::string show(const route& shown) {
  std::string text;
  for (const auto& one : shown.targets()) {
    text += (one.starts ? "starts(" : "joins(") + one.id + ") ";
  }
  return text;
}
}  // namespace

TEST_CASE("a route may reach nobody") { CHECK(show(route{}).empty()); }

TEST_CASE("starts and joins name one instance") {
  CHECK(show(starts("a")) == "starts(a) ");
  CHECK(show(joins("a")) == "joins(a) ");
}

TEST_CASE("an id may be empty and hold anything") {
  CHECK(show(starts("")) == "starts() ");
  CHECK(show(joins("a|b/\u00e9 \"")) == "joins(a|b/\u00e9 \") ");
}

// Both cases below fail until starts_each and joins_each stop assigning a moved route to itself.
TEST_CASE("several ids are reached in the order in which they were named", "") {
  CHECK(show(starts({"b", "a"})) == "starts(b) starts(a) ");
  CHECK(show(joins({"b", "a"})) == "joins(b) joins(a) ");
  const std::list<std::string> ids{"x", "y"};
  CHECK(show(starts_each(ids)) == "starts(x) starts(y) ");
  CHECK(show(joins_each(ids)) == "joins(x) joins(y) ");
}

TEST_CASE("an id that is named twice is reached once", "") {
  CHECK(show(starts({"a", "a"})) == "starts(a) ");
}

TEST_CASE("starts wins over joins, whichever comes first") {
  CHECK(show(starts("a").joins("a")) == "starts(a) ");
  CHECK(show(joins("a").starts("a").joins("b")) == "starts(a) joins(b) ");
}

TEST_CASE("a number is an id in decimal digits") {
  CHECK(show(starts(42)) == "starts(42) ");
  CHECK(show(joins(std::int64_t{-7})) == "joins(-7) ");
  CHECK(show(starts(UINT64_MAX)) == "starts(18446744073709551615) ");
}

TEST_CASE("a route that was moved away reaches nobody, and may be used again", "") {
  for (const auto& made : {starts("a"), starts({"a", "b"})}) {
    auto from = made;
    const auto to = std::move(from);
    CHECK(show(to) == show(made));
    CHECK(show(from).empty());  // NOLINT(bugprone-use-after-move): that is what is asked
    from.add("x", true);
    CHECK(show(from) == "starts(x) ");
    auto assigned = joins("c");
    assigned = std::move(from);
    CHECK(show(assigned) == "starts(x) ");
    CHECK(show(from).empty());  // NOLINT(bugprone-use-after-move)
  }
}

TEST_CASE("a part of an id that a route has may be added to it", "") {
  auto made = starts("ab");
  made.add(std::string_view{made.targets()[0].id}.substr(0, 1), false);
  CHECK(show(made) == "starts(ab) joins(a) ");
}
