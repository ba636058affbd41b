#include "service/waiting_places.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "base/service_limits.hpp"

using namespace millrace;
using namespace millrace::service;

namespace {

using places = std::vector<std::shared_ptr<const void>>;

/// As many as there are.
places all_of(waiting_places& from, std::size_t kind, std::optional<std::size_t> client) {
  places got;
  for (auto one = from.take(kind, client); one; one = from.take(kind, client)) {
    got.push_back(std::move(*one));
  }
  return got;
}

}  // namespace

TEST_CASE(
    "one client takes some places of a kind, and all clients together no more than there are") {
  int waiting = 0;
  waiting_places from{[&](int change) { waiting += change; }};
  {
    const auto first = all_of(from, 0, 1);
    CHECK(first.size() == limits::calls_waiting_each_max);
    const auto other = all_of(from, 0, 2);
    const auto third = all_of(from, 0, 3);
    CHECK(first.size() + other.size() + third.size() == limits::calls_waiting_max);
    CHECK(from.take(0, 4).error().code == errc::overloaded);
    CHECK(from.take(1, 1).has_value());
    CHECK(waiting == static_cast<int>(limits::calls_waiting_max));
  }
  CHECK(waiting == 0);
  CHECK(all_of(from, 0, 1).size() == limits::calls_waiting_each_max);
}

TEST_CASE("where clients are not told apart one may take all places") {
  waiting_places from{[](int) {}};
  CHECK(all_of(from, 2, std::nullopt).size() == limits::calls_waiting_max);
}
