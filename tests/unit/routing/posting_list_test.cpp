#include "routing/posting_list.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <random>

using namespace millrace;

namespace {

std::vector<posting> all_of(const posting_list& list) {
  std::vector<posting> found;
  list.each([&](posting one) {
    found.push_back(one);
    return true;
  });
  return found;
}

}  // namespace

TEST_CASE("a list gives back what was added, in order, with whether it starts") {
  posting_pool pool;
  posting_list list;
  std::vector<posting> added;
  for (std::uint64_t i = 0; i < 30; ++i) {
    added.push_back({position{i * i}, i % 3 == 0});
    pool.append(list, added.back());
  }
  CHECK(list.size() == 30);
  CHECK(all_of(list) == added);
  pool.clear(list);
  CHECK(list.empty());
}

TEST_CASE("the largest position that there may be keeps its mark") {
  posting_pool pool;
  posting_list list;
  pool.append(list, {position{(1ull << 53) - 1}, true});
  CHECK(all_of(list) == std::vector<posting>{{position{(1ull << 53) - 1}, true}});
  pool.clear(list);
}

TEST_CASE("whoever reads a list may stop") {
  posting_pool pool;
  posting_list list;
  for (std::uint64_t i = 0; i < 20; ++i) pool.append(list, {position{i}});
  std::size_t seen = 0;
  list.each([&](posting) { return ++seen < 9; });
  CHECK(seen == 9);
  pool.clear(list);
}

TEST_CASE("lists that grow and lose what is at their front stay what queues would be") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  posting_pool pool;
  std::vector<posting_list> lists(20);
  std::vector<std::deque<posting>> wanted(lists.size());
  std::uint64_t at = 0;
  for (int step = 0; step < 5'000; ++step) {
    const auto which = random() % lists.size();
    auto& list = lists[which];
    auto& its = wanted[which];
    if (random() % 4 != 0) {
      for (auto i = random() % 12; i > 0; --i) {
        its.push_back({position{++at}, random() % 2 == 0});
        pool.append(list, its.back());
      }
    } else {
      const auto count = random() % (its.size() + 1);
      pool.drop(list, count);
      its.erase(its.begin(), its.begin() + static_cast<std::ptrdiff_t>(count));
    }
    REQUIRE(list.size() == its.size());
    REQUIRE(all_of(list) == std::vector<posting>(its.begin(), its.end()));
  }
  for (auto& list : lists) pool.clear(list);
}
