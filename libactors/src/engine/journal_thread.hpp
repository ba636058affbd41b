/// Drives a journal on a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/journal.hpp"

namespace millrace {

/// Owned by the engine. SQLite's writing connection is used on this thread alone.
class journal_thread {
 public:
  journal_thread() = default;
  ~journal_thread() { stop(); }
  journal_thread(const journal_thread&) = delete;
  journal_thread& operator=(const journal_thread&) = delete;

  void start(journal& driven);
  /// There is something to do. Any thread, also before start and after stop.
  void wake();
  /// Commits what is queued, then ends the thread. Idempotent.
  void stop();

 private:
  void run(journal& driven);
  /// Waits without sleeping. True: woken.
  bool look_around();
  /// True: woken; false: the time is up.
  bool wait(std::optional<std::chrono::milliseconds> limit);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> woken_{false};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace
