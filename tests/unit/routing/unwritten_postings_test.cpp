#include "routing/unwritten_postings.hpp"

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

/// What a window of these positions has for each list: places of events, each with whether it
/// starts.
struct part {
  posting_list* list;
  std::vector<routed_entry> entries;
};
void post(unwritten_postings& to, const std::vector<std::uint64_t>& positions,
          const std::vector<part>& parts) {
  std::vector<event> events(positions.size());
  for (std::size_t i = 0; i < positions.size(); ++i) events[i].at = {positions[i]};
  const auto entries = std::make_shared<entry_list>();
  for (const auto& each : parts) {
    entries->insert(entries->end(), each.entries.begin(), each.entries.end());
  }
  to.begin_window(events, entries, parts.size());
  std::uint32_t first = 0;
  for (const auto& each : parts) {
    const auto count = static_cast<std::uint32_t>(each.entries.size());
    to.add(*each.list, first, count);
    first += count;
  }
}

using postings = std::vector<posting>;

}  // namespace

TEST_CASE("a list gives back what windows added, in order, with whether it starts") {
  unwritten_postings all;
  posting_list one;
  posting_list other;
  post(all, {7, 8, 9}, {{&one, {{0, true}, {2, false}}}, {&other, {{1, true}}}});
  post(all, {10, 11}, {{&one, {{1, true}}}});
  CHECK(all_of(one) == postings{{{7}, true}, {{9}, false}, {{11}, true}});
  CHECK(all_of(other) == postings{{{8}, true}});
  CHECK(all.size() == 4);
}

TEST_CASE("positions of a timeline with gaps, and the largest that there may be, are kept") {
  constexpr auto most = (1ull << 53) - 1;
  unwritten_postings all;
  posting_list list;
  post(all, {3, 900, most}, {{&list, {{0, true}, {1, false}, {2, true}}}});
  CHECK(all_of(list) == postings{{{3}, true}, {{900}, false}, {{most}, true}});
}

TEST_CASE("whoever reads a list may stop") {
  unwritten_postings all;
  posting_list list;
  post(all, {0, 1, 2}, {{&list, {{0, true}, {1, true}, {2, true}}}});
  post(all, {3, 4}, {{&list, {{0, true}, {1, true}}}});
  std::size_t seen = 0;
  list.each([&](posting) { return ++seen < 4; });
  CHECK(seen == 4);
}

TEST_CASE("a list that is cleared begins anew, and its former postings are not counted") {
  unwritten_postings all;
  posting_list one;
  posting_list other;
  post(all, {0, 1}, {{&one, {{0, true}, {1, true}}}, {&other, {{0, true}}}});
  all.clear(one);
  CHECK(one.empty());
  CHECK(all.size() == 1);
  post(all, {2}, {{&one, {{0, false}}}});
  CHECK(all_of(one) == postings{{{2}, false}});
}

TEST_CASE("lists that grow by windows, and lose what was taken, stay what queues would be") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  unwritten_postings all;
  std::vector<posting_list> lists(20);
  std::vector<std::deque<posting>> wanted(lists.size());
  std::vector<std::pair<std::size_t, unwritten_postings::mark>> taken;
  std::vector<std::size_t> taken_count(lists.size());
  std::uint64_t at = 0;
  for (int step = 0; step < 1'000; ++step) {
    std::vector<std::uint64_t> positions;
    for (auto i = 1 + random() % 12; i > 0; --i) positions.push_back(at += 1 + random() % 2);
    std::vector<part> parts;
    for (std::size_t which = 0; which < lists.size(); ++which) {
      if (random() % 3 == 0) continue;
      parts.push_back({&lists[which], {}});
      for (std::uint32_t i = 0; i < positions.size(); ++i) {
        if (i + 1 < positions.size() && random() % 2 == 0) continue;
        const bool starts = random() % 2 == 0;
        parts.back().entries.push_back({i, starts});
        wanted[which].push_back({{positions[i]}, starts});
      }
    }
    post(all, positions, parts);
    if (taken.empty() && random() % 5 == 0) {
      for (std::size_t which = 0; which < lists.size(); ++which) {
        if (lists[which].empty()) continue;
        taken.emplace_back(which, unwritten_postings::taken(lists[which]));
        taken_count[which] = wanted[which].size();
      }
      all.take();
    } else if (!taken.empty() && random() % 3 == 0) {
      for (const auto& [which, through] : taken) {
        all.drop(lists[which], through);
        auto& its = wanted[which];
        its.erase(its.begin(), its.begin() + static_cast<std::ptrdiff_t>(taken_count[which]));
      }
      all.drop_taken();
      taken.clear();
    }
    std::size_t sum = 0;
    for (std::size_t which = 0; which < lists.size(); ++which) {
      sum += wanted[which].size();
      REQUIRE(all_of(lists[which]) == postings(wanted[which].begin(), wanted[which].end()));
    }
    REQUIRE(all.size() == sum);
  }
}
