/// When a flow handles what has been delivered to it: full, old, or run dry.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "millrace/flow.hpp"
#include "millrace/types.hpp"

namespace millrace {

/// Counts what waits; the deliveries themselves are with the flow actor. Pure: told the time. At
/// rest the first event is due at once; under load a batch grows until the policy says otherwise.
/// What was due once stays due until it is handled, however many turns that takes.
class inbox {
 public:
  explicit inbox(flush_policy policy) : policy_(policy) {}

  /// `count` events arrived. `more`: the router has further windows at hand, so waiting may pay.
  void add(std::size_t count, timestamp now, bool more) {
    if (waiting_ == 0) oldest_ = now;
    waiting_ += count;
    dry_ = !more;
  }
  /// The oldest `count` events were handled, or dropped.
  void remove(std::size_t count, timestamp now) {
    waiting_ -= std::min(count, waiting_);
    flushing_ -= std::min(count, flushing_);
    oldest_ = now;
  }
  void clear() { waiting_ = flushing_ = 0; }

  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] bool due(timestamp now) {
    if (dry_ || waiting_ >= policy_.count || now - oldest_ >= policy_.age) flushing_ = waiting_;
    return flushing_ > 0;
  }
  /// When it becomes due by age alone; none when nothing waits.
  [[nodiscard]] std::optional<timestamp> due_by_age() const {
    return waiting_ == 0 ? std::nullopt : std::optional{oldest_ + policy_.age};
  }

 private:
  flush_policy policy_;
  std::size_t waiting_ = 0;
  std::size_t flushing_ = 0;  // of those, due
  timestamp oldest_{};
  bool dry_ = true;
};

}  // namespace millrace
