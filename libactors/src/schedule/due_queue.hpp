/// Which timers are due next. Pure: told the time, never asks for it.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "store/store.hpp"

namespace millrace {

/// The nearest part of the schedule, in order of (due, position). Bounded: past its capacity the latest
/// entries are forgotten, and `horizon` says from where on the store has to be asked again.
class due_queue {
 public:
  explicit due_queue(std::size_t capacity);

  /// The next entries from the store, in order, after horizon(); `complete`: there are no more.
  void load(const std::vector<schedule_entry>& entries, bool complete);
  void add(timestamp due, position at);  ///< ignored when it is past the horizon, or known
  void remove(position at);              ///< no error when unknown

  /// When to look again; none: nothing is scheduled at all.
  [[nodiscard]] std::optional<timestamp> next_due() const;
  /// Takes off at most `limit` entries that are due at `now`, in order.
  [[nodiscard]] std::vector<position> take_due(timestamp now, std::size_t limit);
  /// Empty in memory while the store holds more: call load with what follows horizon().
  [[nodiscard]] bool needs_load() const;
  [[nodiscard]] std::optional<std::pair<timestamp, position>> horizon() const;

 private:
  std::size_t capacity_;
  bool complete_ = false;
  std::set<std::pair<timestamp, position>> entries_;
  std::unordered_map<position, timestamp> due_of_;
  std::optional<std::pair<timestamp, position>> horizon_;
};

}  // namespace millrace
