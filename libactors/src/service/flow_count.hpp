/// A count of all flows: it reads the whole directory, and takes its time.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "base/service_limits.hpp"
#include "host/watching.hpp"
#include "service/flow_board.hpp"
#include "service/pool.hpp"

namespace millrace::service {

struct counted_flows {
  host_statistics of;
  std::set<flow_number> to_show;  ///< those that matter most to each view
  std::set<view_wish> views;      ///< which were those
  std::optional<flow_key> worst_flow;
  std::uint64_t worst_lag = 0;
  std::optional<flow_key> oldest_flow;
  std::optional<timestamp> oldest_time;
  std::chrono::nanoseconds took{0};
};

/// Counts on a thread of its own, when it is told to. One thread tells.
class flow_count {
 public:
  explicit flow_count(host& over) : over_(over) {}
  ~flow_count() { stop(); }

  /// False: one is under way, or it was stopped.
  bool start(std::vector<view_wish> for_views);
  /// Waits until none is under way, but not longer than this.
  void wait(std::chrono::nanoseconds at_most);
  /// What came of the last one, once. Errors: those of the host.
  [[nodiscard]] std::optional<result<counted_flows>> take();
  /// Ends what is under way.
  void stop();

 private:
  [[nodiscard]] result<counted_flows> count_safely(const std::vector<view_wish>& views);
  [[nodiscard]] result<counted_flows> count(const std::vector<view_wish>& views);

  host& over_;
  pool thread_{{.threads = 1, .queue = 0}};
  std::atomic<bool> stopping_{false};
  std::mutex guard_;
  std::condition_variable ended_;
  bool under_way_ = false;
  std::optional<result<counted_flows>> outcome_;
};

}  // namespace millrace::service
