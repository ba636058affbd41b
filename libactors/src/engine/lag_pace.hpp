/// How much of its history a type that lags is given at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "engine/lease.hpp"
#include "millrace/types.hpp"

namespace millrace {

/// Whoever is at the tail shares the router and the workers with types that lag, and waits while a
/// window of theirs is routed or handled: so those are as large as takes either a fraction of a
/// second, and two are under way. A flow that is slow holds up nobody: a window counts as handled
/// when most of its flows are done with it, or after a while. One thread.
class lag_pace {
 public:
  explicit lag_pace(std::size_t most_events)
      : most_(most_events), events_(std::min(most_events, first)) {}

  /// How many events the next window may have; 0: not now.
  [[nodiscard]] std::size_t next(timestamp now) {
    // When nobody looked for a while, it is not known when it was over.
    const bool is_known = now - looked_ < quick;
    looked_ = now;
    while (!windows_.empty() && is_over(windows_.front(), now, is_known)) windows_.pop_front();
    return windows_.size() < windows_max ? events_ : 0;
  }
  /// One that was begun then is routed now, and on its way to so many flows, of which those in a
  /// lane are one. A few flows give their workers back often enough, however large it is.
  void sent(std::weak_ptr<const window_lease> window, std::size_t flows, bool in_lane,
            timestamp begun, timestamp now) {
    if (now - begun > slow) shrink();
    looked_ = now;
    if (flows >= flows_min || in_lane) windows_.push_back({std::move(window), flows, now});
  }

 private:
  struct under_way {
    std::weak_ptr<const window_lease> window;
    std::size_t flows = 0;
    timestamp begun;
  };

  static constexpr std::size_t first = 4096;
  static constexpr std::size_t least = 256;
  static constexpr std::size_t windows_max = 2;
  static constexpr std::size_t flows_min = 16;
  static constexpr auto quick = std::chrono::milliseconds{50};
  static constexpr auto slow = std::chrono::milliseconds{150};

  /// Each flow that has it before it holds the lease.
  bool is_over(const under_way& one, timestamp now, bool is_known) {
    const auto left = static_cast<std::size_t>(one.window.use_count());
    const auto took = now - one.begun;
    if (left * 8 > one.flows) {
      if (took <= limits::window_hold_max) return false;
      if (left * 2 > one.flows) shrink();
      return true;
    }
    if (took > slow && is_known) shrink();
    if (took < quick) events_ = std::min(events_ * 2, most_);
    return true;
  }
  void shrink() { events_ = std::max(events_ / 2, std::min(least, most_)); }

  std::size_t most_;
  std::size_t events_;
  timestamp looked_{};
  std::deque<under_way> windows_;
};

}  // namespace millrace
