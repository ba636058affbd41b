#include "base/once.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <memory>

using namespace millrace;

TEST_CASE("what is called once may own what cannot be copied, small or large") {
  int sum = 0;
  once<int> small{[&sum, kept = std::make_unique<int>(1)](int more) { sum += *kept + more; }};
  once<int> large{[&sum, kept = std::make_unique<int>(10),
                   much = std::array<int, 100>{100}](int more) { sum += *kept + much[0] + more; }};
  auto moved = std::move(small);
  CHECK_FALSE(small);
  moved(1);
  small = std::move(large);
  small(2);
  CHECK(sum == 114);
}

TEST_CASE("what was never called is let go with its owner") {
  const auto watched = std::make_shared<int>(0);
  {
    once<int> one{[watched](int) {}};
    auto other = std::move(one);
    CHECK(watched.use_count() == 2);
    other = nullptr;
    CHECK(watched.use_count() == 1);
  }
  CHECK(watched.use_count() == 1);
}

TEST_CASE("made of nothing, or of a function that is empty, it is empty") {
  CHECK_FALSE(once<int>{});
  CHECK_FALSE(once<int>{nullptr});
  CHECK_FALSE(once<int>{std::function<void(int)>{}});
  CHECK(once<int>{[](int) {}});
}
