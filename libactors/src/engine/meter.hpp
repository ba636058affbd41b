/// What flows have done, counted once a batch.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/size_histogram.hpp"
#include "flow/inbox.hpp"
#include "millrace/statistics.hpp"

namespace millrace {

/// Of one flow while it is in memory, or of all flows of a type. Any thread adds and looks; A
/// look beside additions may see half of one.
class flow_meter {
 public:
  explicit flow_meter(timestamp now) : begun_(now) {}

  void add(std::uint64_t handled, flush_cause why, timestamp now);
  [[nodiscard]] flow_activity look(timestamp now) const;
  [[nodiscard]] const size_histogram& sizes() const { return sizes_; }

 private:
  static constexpr std::int64_t window_seconds = 10;
  static constexpr std::size_t slots = 16;
  static_assert(slots > window_seconds);
  using count = std::atomic<std::uint64_t>;

  timestamp begun_;
  count handled_{0};
  size_histogram sizes_;
  std::array<count, flush_causes_count> causes_{};
  /// Events of one second each: the second's number above, and their count below 2^32.
  std::array<count, slots> seconds_{};
};

}  // namespace millrace
