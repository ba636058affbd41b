/// When a flow commits what has been delivered to it: full, old, or run dry.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "millrace/flow.hpp"
#include "millrace/types.hpp"

namespace millrace {

/// Why a flow commits a batch. What it reads from the store never waited in memory.
enum class flush_cause { full, aged, dry, reading };
inline constexpr std::size_t flush_causes_count = 4;

/// Counts what is delivered and not committed; the deliveries themselves are with the flow actor.
/// Pure: told the time. At rest the first event is due at once; under load a batch grows until the
/// policy says otherwise. What was due once stays due until it is committed, however many turns
/// that takes.
class inbox {
 public:
  explicit inbox(flush_policy policy) : policy_(policy) {}

  /// `count` events arrived. `more`: the router has further windows at hand, so waiting may pay.
  void add(std::size_t count, timestamp now, bool more) {
    if (waiting_ == 0) oldest_ = now;
    waiting_ += count;
    dry_ = !more;
  }
  /// The oldest `count` events were committed.
  void remove(std::size_t count, timestamp now) {
    waiting_ -= std::min(count, waiting_);
    flushing_ -= std::min(count, flushing_);
    oldest_ = now;
  }
  void run_dry() { dry_ = true; }
  void clear() { waiting_ = flushing_ = 0; }

  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] bool due(timestamp now) {
    const auto cause = waiting_ >= policy_.count      ? std::optional{flush_cause::full}
                       : dry_                         ? std::optional{flush_cause::dry}
                       : now - oldest_ >= policy_.age ? std::optional{flush_cause::aged}
                                                      : std::nullopt;
    if (cause) flushing_ = waiting_;
    if (cause) cause_ = *cause;
    return flushing_ > 0;
  }
  /// Of what is due; of several, the first in that order.
  [[nodiscard]] flush_cause cause() const { return cause_; }
  /// When it becomes due by age alone; none when nothing waits.
  [[nodiscard]] std::optional<timestamp> due_by_age() const {
    return waiting_ == 0 ? std::nullopt : std::optional{oldest_ + policy_.age};
  }

 private:
  flush_policy policy_;
  std::size_t waiting_ = 0;
  std::size_t flushing_ = 0;  // of those, due
  timestamp oldest_{};
  flush_cause cause_ = flush_cause::dry;
  bool dry_ = true;
};

}  // namespace millrace
