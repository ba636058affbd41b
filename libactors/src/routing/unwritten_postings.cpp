#include "routing/unwritten_postings.hpp"

#include <utility>

#include "base/invariant.hpp"

namespace millrace {

void unwritten_postings::begin_window(std::span<const event> events, routed_entries entries,
                                      std::size_t flows) {
  auto& made = windows_.emplace_back();
  made.entries = std::move(entries);
  made.slices.reserve(flows);
  if (events.empty()) return;
  made.begin = events.front().at;
  if (events.back().at.value - made.begin.value + 1 == events.size()) return;
  made.positions.reserve(made.entries->size());
  for (const auto& each : *made.entries) made.positions.push_back(events[each.index()].at);
}

void unwritten_postings::add(posting_list& to, std::uint32_t first, std::uint32_t count) {
  auto& window = windows_.back();
  MILLRACE_INVARIANT(window.slices.size() < window.slices.capacity());  // none of them moves
  auto& added = window.slices.emplace_back(
      posted_window::slice{.of = &window, .first = first, .count = count, .next = nullptr});
  (to.first_ == nullptr ? to.first_ : to.last_->next) = &added;
  to.last_ = &added;
  to.count_ += count;
  size_ += count;
}

void unwritten_postings::clear(posting_list& all) {
  size_ -= all.count_;
  all = {};
}

void unwritten_postings::drop(posting_list& from, const mark& taken) {
  MILLRACE_INVARIANT(taken.count <= from.count_);
  size_ -= taken.count;
  from.count_ -= taken.count;
  from.first_ = taken.last->next;
  if (from.first_ == nullptr) from.last_ = nullptr;
}

void unwritten_postings::drop_taken() {
  for (; taken_ > 0; --taken_) windows_.pop_front();
}

}  // namespace millrace
