// What a commit takes of the queues.
#include <algorithm>
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
bool journal::take() {
  std::scoped_lock lock{mutex_};
  if (taken_.requests.capacity() == 0 && !spare_.empty()) {
    taken_ = std::move(spare_.back());
    spare_.pop_back();
  }
  auto& into = taken_.requests;
  constexpr auto own_size_max = limits::commit_size_max - limits::append_size_max;
  const auto own = own_.take(into, {limits::commit_events_max, own_size_max, rows_at_once_});
  const auto most =
      std::clamp(std::max(own.events, own.rows), appended_at_once, limits::append_events_max);
  const auto appended = appends_.take(into, {most, limits::append_size_max, 0});
  note_waiting();
  outside_ -= appended;
  outside_under_way_ = appended.events;
  if (!into.empty()) ++under_way_;
  return !into.empty();
}

/// What the disk had no room for. There are no appends among it: they were refused.
void journal::put_back(batch& all) {
  std::scoped_lock lock{mutex_};
  own_.put_back(all);
  note_waiting();
}

/// Turns that need no flush go first and by themselves, so that they do not wait for the one of the
/// others, nor for those before it. Turns of one flow stay in their order: an actor has one under
/// way, and a lane, which may have several, has none but such. To the rest they stand in no order,
/// except to entries of the directory that they may need, and to what an import brings.
void journal::set_apart() {
  const auto is_turn = [](const queued_request& each) {
    const auto* turn = each.other ? std::get_if<flow_commit>(each.other.get()) : nullptr;
    return turn != nullptr && comes_again(*turn);
  };
  const auto may_be_needed = [](const queued_request& each) {
    return each.other && (std::holds_alternative<derived_commit>(*each.other) ||
                          std::holds_alternative<import_request>(*each.other));
  };
  auto& all = taken_.requests;
  if (std::any_of(all.begin(), all.end(), may_be_needed)) return;
  auto kept = std::find_if(all.begin(), all.end(), is_turn);
  for (auto next = kept; next != all.end(); ++next) {
    if (is_turn(*next)) {
      apart_.requests.push_back(std::move(*next));
    } else {
      *kept++ = std::move(*next);
    }
  }
  all.erase(kept, all.end());
}

}  // namespace millrace
