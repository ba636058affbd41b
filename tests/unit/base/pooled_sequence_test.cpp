#include "base/pooled_sequence.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <memory>

using namespace millrace;

TEST_CASE("objects of a sequence stay where they are while it grows, and go when it is cleared") {
  struct thing {
    std::shared_ptr<int> counted;
    int value = 0;
    std::array<char, 3000> more{};
  };
  const auto counted = std::make_shared<int>();
  pooled_sequence<thing> all;
  auto* const first = &all.emplace_back(counted, 0);
  for (int i = 1; i < 500; ++i) CHECK(all.emplace_back(counted, i).value == i);
  CHECK(&all[0] == first);
  for (int i = 0; i < 500; ++i) CHECK(all[static_cast<std::size_t>(i)].value == i);
  CHECK(all.size() == 500);
  CHECK(counted.use_count() == 501);
  all.clear();
  CHECK(all.size() == 0);
  CHECK(counted.use_count() == 1);
  CHECK(all.emplace_back(counted, 7).value == 7);
}
