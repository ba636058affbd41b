#include "engine/journal_queue.hpp"

#include <iterator>
#include <utility>

#include "base/limits.hpp"

namespace millrace {

journal_amount& journal_amount::operator+=(const journal_amount& other) {
  events += other.events;
  size += other.size;
  rows += other.rows;
  return *this;
}
journal_amount& journal_amount::operator-=(const journal_amount& other) {
  events -= other.events;
  size -= other.size;
  rows -= other.rows;
  return *this;
}

void journal_queue::push(queued_request one) {
  total_ += one.amounts;
  all_.push_back(std::move(one));
}

journal_amount journal_queue::take(batch& into, const journal_amount& most) {
  if (into.empty() && begin_ == 0 && total_.fits(most)) {
    into.swap(all_);
    return std::exchange(total_, {});
  }
  journal_amount taken;
  const auto first = begin_;
  for (; begin_ < all_.size(); ++begin_) {
    auto& next = all_[begin_];
    auto with = taken;
    with += next.amounts;
    if (begin_ > first && !with.fits(most)) break;
    taken = with;
    into.push_back(std::move(next));
  }
  total_ -= taken;
  // What is left moves up when it is less than what was taken, so that it seldom does.
  if (begin_ * 2 < all_.size()) return taken;
  all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  if (all_.empty() && all_.capacity() > limits::queue_entries_kept_max) batch{}.swap(all_);
  return taken;
}

void journal_queue::put_back(batch& all) {
  for (const auto& each : all) total_ += each.amounts;
  all_.insert(all_.begin() + static_cast<std::ptrdiff_t>(begin_),
              std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
  all.clear();
}

journal_queue::batch journal_queue::take_all() {
  batch all;
  take(all, total_);
  return all;
}

}  // namespace millrace
