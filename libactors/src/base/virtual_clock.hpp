/// Time that only moves when somebody moves it.
#pragma once

#include "base/clock.hpp"

namespace millrace {

/// For tests, and for host_test. One thread.
class virtual_clock final : public clock {
 public:
  virtual_clock() = default;
  explicit virtual_clock(timestamp begin) : now_(begin) {}
  [[nodiscard]] timestamp now() const override { return now_; }
  [[nodiscard]] timestamp steady() const override { return now_; }
  void advance(duration by) { now_ += by; }

 private:
  timestamp now_ = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1};
};

}  // namespace millrace
