/// How far flows are, how fast they go, and in what pieces. docs/guide/statistics.md
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/types.hpp"

namespace millrace {

/// Sizes of batches: how many there were, and what 50, 95 and 99 percent of them did not exceed.
/// Exact up to 11 events; above that a percentile is at most a tenth too large. 0: there was none.
struct batch_sizes {
  std::uint64_t count = 0;
  std::uint64_t p50 = 0;
  std::uint64_t p95 = 0;
  std::uint64_t p99 = 0;
  [[nodiscard]] bool operator==(const batch_sizes&) const = default;
};

/// Why batches were handled when they were.
struct flush_causes {
  std::uint64_t full = 0;     ///< as many waited as the flush policy says, or there was no room
  std::uint64_t aged = 0;     ///< the oldest had waited as long as it says
  std::uint64_t dry = 0;      ///< nothing more was on its way
  std::uint64_t reading = 0;  ///< the flow was behind, or just loaded, and read its inbox
};

/// What flows have done in this host since it was opened; one flow: since it was loaded.
struct flow_activity {
  std::uint64_t handled = 0;  ///< events, in batches that were handled wholly
  batch_sizes sizes;
  flush_causes causes;
  /// Events a second, over the last ten seconds or since the beginning when that is less; a
  /// beginning less than a second ago counts as a second.
  double rate = 0;
};

/// How far a build of a flow type is that is made from history: of a new type, or another version.
struct build_progress {
  std::uint32_t build = 0;
  std::uint32_t version = 0;  ///< of the flow type
  position routed;            ///< events before this one were routed to its flows
  position tail;
  bool served = false;  ///< reads show it already

  /// Positions that are still to be routed. Holes that an import left count.
  [[nodiscard]] std::uint64_t left() const {
    return tail.value - std::min(routed.value, tail.value);
  }
  [[nodiscard]] double percent() const {
    if (left() == 0) return 100;
    return 100.0 * static_cast<double>(routed.value) / static_cast<double>(tail.value);
  }
};

/// How a flow, all flows of a type, or all flows stand.
struct flow_statistics {
  std::string name;  ///< key, or type; empty: all

  std::uint64_t flows = 0;
  std::uint64_t pending = 0;           ///< have something to handle
  std::uint64_t stopped = 0;           ///< on an error; also a type whose routing is
  std::optional<position> checkpoint;  ///< of one flow; of many: the last of all
  std::optional<position> latest;      ///< likewise
  /// Events that were routed and not handled, those behind an error too. One event that is in the
  /// inboxes of two flows counts twice.
  std::uint64_t lag = 0;
  std::optional<position> oldest;  ///< of them
  std::optional<timestamp> oldest_time;
  std::uint64_t state_size = 0;  ///< bytes stored

  struct failure {
    std::string flow;  ///< key, or a type whose routing is stopped
    position at;
    std::string message;
    bool skipped = false;  ///< it was passed by; otherwise it stops the flow
  };
  std::optional<failure> last_error;  ///< the one of the highest position

  /// Of a type that has not been given all that the others have. A running host does not count that
  /// in `lag`: it is in no inbox yet.
  std::optional<build_progress> back_fill;

  flow_activity activity;  ///< of a running host; otherwise nothing

  /// If nothing more came, and the rate stayed; none: it never would.
  [[nodiscard]] std::optional<duration> to_catch_up() const {
    if (lag == 0) return duration{0};
    if (activity.rate <= 0) return std::nullopt;
    const double seconds = static_cast<double>(lag) / activity.rate;
    return std::chrono::duration_cast<duration>(std::chrono::duration<double>{seconds});
  }
  [[nodiscard]] std::optional<duration> oldest_age(timestamp now) const {
    if (!oldest_time) return std::nullopt;
    return now - *oldest_time;
  }
};

struct host_statistics {
  timestamp at;  ///< when it was asked
  position tail;
  flow_statistics all;
  std::vector<flow_statistics>
      types;  ///< in byte order of names; hosted ones, and those with flows
};

}  // namespace millrace
