/// The last quarter of an hour of some figures, for those who begin to watch.
#pragma once

#include <array>
#include <deque>
#include <optional>

#include "base/service_limits.hpp"
#include "documents/event.hpp"
#include "millrace/types.hpp"

namespace millrace::service {

/// Samples of the overview. One thread.
class recent_figures {
 public:
  /// When the next sample is wanted (steady).
  [[nodiscard]] timestamp next() const { return next_; }
  /// Takes what it keeps out of an overview; what is no number there is not known.
  void add(timestamp steady, timestamp now, const documents::json& overview);
  /// An array for each figure, oldest first: `age` in seconds, and what the overview had by then;
  /// `oldest_age` instead of its time. Null: not known.
  [[nodiscard]] documents::json json_of(timestamp steady) const;

 private:
  static constexpr std::array names{"append_rate", "handled_rate",   "lag",
                                    "stopped",     "commit_p99",     "flush_p99",
                                    "disk_free",   "timers_overdue", "oldest_age"};
  struct sample {
    timestamp at;  // steady
    std::array<std::optional<double>, names.size()> values;
  };

  timestamp next_{};
  std::deque<sample> samples_;
};

}  // namespace millrace::service
