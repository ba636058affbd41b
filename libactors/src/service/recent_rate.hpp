/// How much of something came of late.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "millrace/types.hpp"

namespace millrace::service {

/// A second, over the last ten or since the beginning when that is less, at least one. Times are
/// steady, and not before those of earlier calls. One thread.
class recent_rate {
 public:
  explicit recent_rate(timestamp now) : begun_(now) {}

  void add(double count, timestamp now) {
    auto& one = slots_[place_of(second_of(now))];
    if (one.second != second_of(now)) one = {second_of(now), 0};
    one.count += count;
  }
  /// Two decimals, so that what hardly changes does not.
  [[nodiscard]] double look(timestamp now) const {
    double sum = 0;
    for (const auto& one : slots_) {
      if (one.second > second_of(now) - window_seconds) sum += one.count;
    }
    const std::chrono::duration<double> since = now - begun_;
    const double span = std::clamp(since.count(), 1.0, static_cast<double>(window_seconds));
    return std::round(sum / span * 100) / 100;
  }

 private:
  static constexpr std::int64_t window_seconds = 10;
  static constexpr std::size_t places = 11;
  struct slot {
    std::int64_t second = 0;
    double count = 0;
  };
  [[nodiscard]] static std::int64_t second_of(timestamp at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  }
  [[nodiscard]] static std::size_t place_of(std::int64_t second) {
    return static_cast<std::size_t>(second) % places;
  }

  timestamp begun_;
  std::array<slot, places> slots_{};
};

}  // namespace millrace::service
