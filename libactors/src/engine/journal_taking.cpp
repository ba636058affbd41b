// What a commit takes of the queues.
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

/// Of each queue what is enough for one commit: neither waits for all that is in the other. A
/// commit that takes long anyway takes more appends.
void journal::take() {
  std::scoped_lock lock{mutex_};
  constexpr auto own_size_max = limits::commit_size_max - limits::append_size_max;
  const auto own = own_.take(taken_, {limits::commit_events_max, own_size_max, rows_at_once_});
  const auto most =
      std::clamp(std::max(own.events, own.rows), appended_at_once, limits::append_events_max);
  const auto appended = appends_.take(taken_, {most, limits::append_size_max, 0});
  outside_ -= appended;
  outside_under_way_ += appended.events;
  working_ = !taken_.empty();
}

/// What the disk had no room for. There are no appends among it: they were refused.
void journal::put_back() {
  std::scoped_lock lock{mutex_};
  own_.put_back(taken_);
  working_ = false;
}

/// Turns that need no flush go first and by themselves, so that they do not wait for the one of the
/// others. Turns of one flow stay in their order: an actor has one under way, and a lane, which may
/// have several, has none but such. To the rest they stand in no order, except to entries of the
/// directory that they may need, and to what an import brings. True: the rest is `apart_`.
bool journal::set_apart() {
  const auto is_turn = [](const queued_request& each) {
    const auto* turn = each.other ? std::get_if<flow_commit>(each.other.get()) : nullptr;
    return turn != nullptr && comes_again(*turn);
  };
  const auto may_be_needed = [](const queued_request& each) {
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
