/// Which timers are due next. Pure: told the time, never asks for it.
#pragma once

#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace millrace {

/// The nearest part of the schedule, in order of (due, position). Bounded: past its capacity the
/// latest entries are forgotten, and `horizon` says from where on the store has to be asked again.
/// What is taken stays known until it is removed, so that a load before its firing is committed
/// does not bring it back. Owned by the schedule actor.
class due_queue {
 public:
  /// At least 1.
  explicit due_queue(std::size_t capacity);

  /// The next entries from the store, in order, after horizon(); `complete`: there are no more.
  void load(const std::vector<schedule_entry>& entries, bool complete);
  void add(timestamp due, position at);  ///< ignored when it is past the horizon, or known
  /// It has left the schedule: fired (committed) or cancelled. No error when unknown.
  void remove(position at);

  /// When to look again; none: nothing is scheduled at all. While needs_load, the earliest time
  /// that what the store still holds can be due.
  [[nodiscard]] std::optional<timestamp> next_due() const;
  /// Takes at most `limit` entries that are due at `now`, in order. Fewer than there are in the
  /// store when it runs into the horizon: look at needs_load, and again.
  [[nodiscard]] std::vector<position> take_due(timestamp now, std::size_t limit);
  /// Empty in memory while the store holds more: call load with what follows horizon().
  [[nodiscard]] bool needs_load() const;
  /// The last place in memory; all before it is here. None: nothing was loaded yet, or everything.
  [[nodiscard]] std::optional<std::pair<timestamp, position>> horizon() const;

 private:
  using place = std::pair<timestamp, position>;

  void insert(place entry);
  void forget_latest();
  [[nodiscard]] bool is_past_horizon(place entry) const;

  std::size_t capacity_;
  bool complete_ = false;
  std::set<place> entries_;
  std::unordered_map<position, timestamp> due_of_;
  std::unordered_set<position> taken_;
  std::optional<place> horizon_;
};

}  // namespace millrace
