/// Drives a journal on threads of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/journal.hpp"

namespace millrace {

/// One thread writes, and flushes and answers what little there is by itself: a caller alone waits
/// for no other thread. While much waits, a second one flushes and answers, and the first one
/// writes the next commit meanwhile. What little comes during a flush waits for its end: as a
/// commit of its own it would cost those who come next a flush more. Owned by the engine.
class journal_threads {
 public:
  /// The journal outlives it.
  explicit journal_threads(journal& driven) : driven_(driven) {}
  ~journal_threads() { stop(); }
  journal_threads(const journal_threads&) = delete;
  journal_threads& operator=(const journal_threads&) = delete;

  void start();
  /// There is something to do. Any thread, also before start and after stop.
  void wake();
  /// Commits what is queued, then ends the threads. Idempotent.
  void stop();

 private:
  using moment = std::chrono::steady_clock::time_point;

  void write_all();
  void flush_all();
  /// What was written is flushed and answered here, or will be there: true.
  bool settle_or_hand_over();
  void rest(moment begun) const;
  /// Waits without sleeping for a moment, when nothing is queued.
  void look_around();
  /// Until there is something to write or the time is up. True: nothing is submitted any more.
  bool await(std::optional<std::chrono::milliseconds> limit);
  [[nodiscard]] bool may_write() const;

  journal& driven_;
  std::mutex mutex_;  // guards changes of what follows
  std::condition_variable writer_, flusher_;
  std::atomic<bool> woken_{true};     // to keep house
  std::atomic<bool> crowded_{false};  // by so many that nothing else is to be waited for
  bool looking_ = false;              // the writer is, for woken_, and needs no waking
  std::size_t handed_over_ = 0;       // commits; of the flusher
  bool stopping_ = false;
  bool ended_ = false;  // the writer has
  std::thread writing_, flushing_;
};

}  // namespace millrace
