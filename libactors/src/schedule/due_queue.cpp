#include "schedule/due_queue.hpp"

#include <iterator>

#include "base/invariant.hpp"

namespace millrace {

due_queue::due_queue(std::size_t capacity) : capacity_(capacity) {
  MILLRACE_INVARIANT_CMP(capacity, >, 0u);
}

void due_queue::load(const std::vector<schedule_entry>& entries, bool complete) {
  complete_ = complete;
  if (complete) {
    horizon_.reset();
  } else if (!entries.empty()) {
    horizon_ = place{entries.back().due, entries.back().at};
  }
  for (const auto& entry : entries) insert({entry.due, entry.at});
  while (entries_.size() > capacity_) forget_latest();
}

void due_queue::add(timestamp due, position at) {
  if (is_past_horizon({due, at})) return;
  insert({due, at});
  if (entries_.size() > capacity_) forget_latest();
}

void due_queue::remove(position at) {
  taken_.erase(at);
  const auto known = due_of_.find(at);
  if (known == due_of_.end()) return;
  entries_.erase({known->second, at});
  due_of_.erase(known);
}

std::optional<timestamp> due_queue::next_due() const {
  if (!entries_.empty()) return entries_.begin()->first;
  if (complete_) return std::nullopt;
  return horizon_ ? horizon_->first : timestamp::min();
}

std::vector<position> due_queue::take_due(timestamp now, std::size_t limit) {
  std::vector<position> due;
  while (due.size() < limit && !entries_.empty() && entries_.begin()->first <= now) {
    const auto at = entries_.begin()->second;
    entries_.erase(entries_.begin());
    due_of_.erase(at);
    taken_.insert(at);
    due.push_back(at);
  }
  return due;
}

bool due_queue::needs_load() const { return entries_.empty() && !complete_; }

std::optional<std::pair<timestamp, position>> due_queue::horizon() const { return horizon_; }

void due_queue::insert(place entry) {
  if (taken_.contains(entry.second)) return;
  if (due_of_.try_emplace(entry.second, entry.first).second) entries_.insert(entry);
}

void due_queue::forget_latest() {
  const auto latest = std::prev(entries_.end());
  due_of_.erase(latest->second);
  entries_.erase(latest);
  horizon_ = *std::prev(entries_.end());
  complete_ = false;
}

bool due_queue::is_past_horizon(place entry) const {
  if (complete_) return false;
  return !horizon_ || entry > *horizon_;
}

}  // namespace millrace
