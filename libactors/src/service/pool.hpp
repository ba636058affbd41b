/// Threads for calls that block: so many at once, so many behind them, and no more.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace::service {

/// Starts threads as they are needed. Any thread may call run(); whoever made it calls stop().
class pool {
 public:
  struct bounds {
    std::size_t threads = 1;
    std::size_t queue = 0;
  };
  explicit pool(bounds most) : most_(most) {}
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool() { stop(); }

  /// False: it is full, or stopping, and the work is not taken. Work must not throw.
  [[nodiscard]] bool run(std::function<void()> work);
  /// Waits for what runs; what is queued is done first.
  void stop();

 private:
  bool start_thread();
  void serve();

  bounds most_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;  // threads, those that are only starting too
  bool stopping_ = false;
};

}  // namespace millrace::service
