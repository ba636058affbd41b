#include "base/slab.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <set>

using namespace millrace;

namespace {

/// Counts those that are there.
struct thing {
  thing(int wanted, int& all) noexcept : value(wanted), count(all) { ++count; }
  thing(const thing&) = delete;
  thing& operator=(const thing&) = delete;
  ~thing() { --count; }
  int value;
  int& count;
  std::array<char, 1000> more{};
};

}  // namespace

TEST_CASE("what a slab made stays as it is and where it is, while others come and go") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  slab<thing> made;
  int there = 0;
  std::vector<std::pair<thing*, int>> all;
  for (int i = 0; i < 3'000; ++i) {
    if (all.empty() || random() % 3 != 0) {
      all.emplace_back(made.make(i, there), i);
      continue;
    }
    auto& chosen = all[random() % all.size()];
    made.free(chosen.first);
    std::swap(chosen, all.back());
    all.pop_back();
  }
  CHECK(there == static_cast<int>(all.size()));
  std::set<thing*> places;
  for (const auto& [one, value] : all) {
    CHECK(one->value == value);
    places.insert(one);
  }
  CHECK(places.size() == all.size());
  for (const auto& [one, value] : all) made.free(one);
  CHECK(there == 0);
}

TEST_CASE("a block of a slab with nothing in it goes back to the pool, whatever was freed last") {
  std::vector<void*> enough;
  for (int i = 0; i < 20; ++i) enough.push_back(block_pool::take(limits::block_size));
  for (auto* each : enough) block_pool::give(each, limits::block_size);
  const auto before = block_pool::free_blocks();
  slab<thing> made;
  int there = 0;
  std::vector<thing*> all;
  for (int i = 0; i < 1'000; ++i) all.push_back(made.make(i, there));
  CHECK(block_pool::free_blocks() < before);
  std::mt19937 random{1};
  std::shuffle(all.begin(), all.end(), random);
  for (auto* each : all) made.free(each);
  CHECK(block_pool::free_blocks() == before);
}

TEST_CASE("each object of a slab is aligned as its type wants it") {
  struct alignas(64) line {
    int value = 0;
  };
  slab<line> made;
  std::vector<line*> all;
  for (int i = 0; i < 100; ++i) all.push_back(made.make(i));
  for (auto* each : all) {
    CHECK(reinterpret_cast<std::uintptr_t>(each) % 64 == 0);
    made.free(each);
  }
}
