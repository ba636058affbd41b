#include "routing/merged_inbox.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "base/invariant.hpp"
#include "store/varint.hpp"

namespace millrace {
namespace {

/// A run, and the next posting of it.
struct cursor {
  posting_block_reader reader;
  posting next;
  bool more = false;
  void step() { more = reader.next(next); }
};

class merger {
 public:
  merger(const inbox_filter& filter) : filter_(filter), born_(filter.born_before) {}

  void take(posting one) {
    if (one.at < filter_.from) return;
    if (made_.postings.last() && *made_.postings.last() >= one.at) return;
    if (!filter_.skipped.empty() &&
        std::binary_search(filter_.skipped.begin(), filter_.skipped.end(), one.at)) {
      return;
    }
    if (!born_ && !one.starts) return;
    if (!born_) made_.born = one.at;
    born_ = true;
    made_.postings.append(one);
  }
  merged_inbox finish() { return std::move(made_); }

 private:
  const inbox_filter& filter_;
  merged_inbox made_;
  bool born_;
};

/// Whether all of it counts, and each run ends before the next one begins.
bool follow_each_other(std::span<const posting_run* const> runs, const inbox_filter& filter) {
  if (filter.from != position{} || !filter.skipped.empty()) return false;
  std::optional<position> last;
  for (const auto* run : runs) {
    posting first;
    if (!run->read().next(first)) return false;
    const bool counts = last ? *last < first.at : filter.born_before || first.starts;
    if (!counts) return false;
    last = run->last();
  }
  return last.has_value();
}

merged_inbox joined(std::span<const posting_run* const> runs, const inbox_filter& filter) {
  merged_inbox made{*runs.front(), {}};
  posting first;
  if (!filter.born_before && runs.front()->read().next(first)) made.born = first.at;
  for (const auto* run : runs.subspan(1)) {
    auto reader = run->read();
    for (posting one; reader.next(one);) made.postings.append(one);
  }
  return made;
}

}  // namespace

merged_inbox merge(std::span<const posting_run* const> runs, const inbox_filter& filter) {
  if (follow_each_other(runs, filter)) return joined(runs, filter);
  merger made{filter};
  std::vector<cursor> cursors;
  for (const auto* run : runs) {
    cursors.push_back({run->read(), {}, false});
    cursors.back().step();
  }
  while (true) {
    cursor* least = nullptr;
    for (auto& one : cursors) {
      if (one.more && (least == nullptr || one.next.at < least->next.at)) least = &one;
    }
    if (least == nullptr) return made.finish();
    made.take(least->next);
    least->step();
  }
}

std::vector<effect> merge_effects(std::span<const std::string_view> gathered, std::uint64_t span) {
  std::vector<effect> all;
  std::size_t size = 0;
  for (const auto pairs : gathered) size += pairs.size();
  all.reserve(std::min<std::size_t>(size / 2, effect_span_causes));  // two bytes a pair, or more
  for (auto pairs : gathered) {
    while (!pairs.empty()) {
      std::uint64_t offset = 0;
      std::uint64_t distance = 0;
      const bool taken = take_varint(pairs, offset) && take_varint(pairs, distance);
      MILLRACE_INVARIANT(taken);
      const position cause{span * effect_span_causes + offset};
      all.push_back({cause, {cause.value + static_cast<std::uint64_t>(unzigzag(distance))}});
    }
  }
  put_in_order(all);
  return all;
}

/// Mostly they are in order. Otherwise a counting sort by cause: gathered and stored pairs are
/// mostly in order of `at` already.
void put_in_order(std::vector<effect>& effects) {
  const auto ascend = std::adjacent_find(effects.begin(), effects.end(), std::greater_equal<>{});
  if (ascend == effects.end()) return;
  std::array<std::uint32_t, effect_span_causes + 1> first{};
  for (const auto& one : effects) ++first[one.cause.value % effect_span_causes + 1];
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  std::vector<effect> sorted(effects.size());
  for (const auto& one : effects) sorted[first[one.cause.value % effect_span_causes]++] = one;
  if (!std::is_sorted(sorted.begin(), sorted.end())) std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  effects = std::move(sorted);
}

}  // namespace millrace
