// What a commit takes of the queue.
#include <algorithm>
#include <iterator>
#include <variant>

#include "base/limits.hpp"
#include "engine/journal.hpp"

namespace millrace {
namespace {

/// Appended events in one commit while more wait. Those who wait for their answers make new events
/// while the next commit is written: with all that waits in one, both would take turns.
constexpr std::size_t appended_at_once = 1024;

/// May be written without a flush.
bool comes_again(const flow_commit& request) {
  return request.follows && !request.elsewhere && request.decided.reactions.empty() &&
         request.decided.cancellations.empty();
}

}  // namespace

/// As much of the queue as one commit is to hold.
void journal::take() {
  std::scoped_lock lock{mutex_};
  const bool fits = queue_total_.fits(limits::commit_events_max, limits::commit_size_max) &&
                    queue_outside_.events <= appended_at_once;
  if (fits && queue_begin_ == 0) {
    outside_ -= queue_outside_;
    outside_under_way_ += queue_outside_.events;
    queue_total_ = queue_outside_ = {};
    taken_.swap(queue_);
  } else {
    take_front();
  }
  working_ = !taken_.empty();
}

void journal::take_front() {
  amount all;
  std::size_t appended = 0;
  for (; queue_begin_ < queue_.size(); ++queue_begin_) {
    auto& next = queue_[queue_begin_];
    all += next.amounts;
    if (!next.other) appended += next.amounts.events;
    const bool fits = all.fits(limits::commit_events_max, limits::commit_size_max) &&
                      appended <= appended_at_once;
    if (!fits && !taken_.empty()) break;
    queue_total_ -= next.amounts;
    if (!next.other) {
      outside_ -= next.amounts;
      queue_outside_ -= next.amounts;
      outside_under_way_ += next.amounts.events;
    }
    taken_.push_back(std::move(next));
  }
  // What is left moves up when it is less than what was taken, so that it seldom does.
  if (queue_begin_ * 2 < queue_.size()) return;
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queue_begin_));
  queue_begin_ = 0;
}

/// What the disk had no room for. There are no appends among it: they were refused.
void journal::put_back() {
  std::scoped_lock lock{mutex_};
  for (const auto& each : taken_) queue_total_ += each.amounts;
  queue_.insert(queue_.begin() + static_cast<std::ptrdiff_t>(queue_begin_),
                std::make_move_iterator(taken_.begin()), std::make_move_iterator(taken_.end()));
  taken_.clear();
  working_ = false;
}

/// Turns that need no flush go first and by themselves, so that they do not wait for the one of the
/// others. Turns of one flow stay in their order: an actor has one under way, and a lane, which may
/// have several, has none but such. To the rest they stand in no order, except to entries of the
/// directory that they may need, and to what an import brings. True: the rest is `apart_`.
bool journal::set_apart() {
  const auto is_turn = [](const queued& each) {
    const auto* turn = each.other ? std::get_if<flow_commit>(each.other.get()) : nullptr;
    return turn != nullptr && comes_again(*turn);
  };
  const auto may_be_needed = [](const queued& each) {
    return each.other && (std::holds_alternative<derived_commit>(*each.other) ||
                          std::holds_alternative<import_request>(*each.other));
  };
  if (std::any_of(taken_.begin(), taken_.end(), may_be_needed)) return false;
  const auto rest = std::stable_partition(taken_.begin(), taken_.end(), is_turn);
  if (rest == taken_.begin() || rest == taken_.end()) return false;
  apart_.assign(std::make_move_iterator(rest), std::make_move_iterator(taken_.end()));
  taken_.erase(rest, taken_.end());
  return true;
}

}  // namespace millrace
