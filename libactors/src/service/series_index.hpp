/// From times to positions. docs/decisions/2026-11-26-series.md
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "store/store.hpp"

namespace millrace::service {

/// Series time of an event is the latest recorded time up to and with it, so its order is that of
/// positions. Kept in memory: one entry for so many events, read from the timeline when somebody
/// asks, and from then on only what came since. Any thread.
class series_index {
 public:
  explicit series_index(const store& from) : from_(from) {}

  /// The first event whose series time is not before a time.
  struct place {
    position at;                      ///< the end, when there is none
    std::optional<timestamp> time;    ///< its series time; none: there is no such event
    std::optional<timestamp> before;  ///< of the event before it; none: it is the first
  };
  /// Of what was read. Errors: those of the store.
  [[nodiscard]] result<place> find(timestamp time) const;

  /// Reads what came since, for so long at most. Errors: overloaded (there is more: ask again),
  /// those of the store.
  result<void> catch_up(duration limit);
  /// Series time of the last event that was read; none: there is none.
  [[nodiscard]] std::optional<timestamp> newest() const;

 private:
  struct block {
    position begin;
    std::optional<timestamp> before;  ///< series time before it
  };

  const store& from_;
  mutable std::mutex guard_;
  std::vector<block> blocks_;
  std::size_t in_block_ = 0;
  position end_;
  std::optional<timestamp> newest_;
};

}  // namespace millrace::service
