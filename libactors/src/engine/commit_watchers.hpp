/// Those who want to see what each commit wrote.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "store/store.hpp"

namespace millrace {

struct flow_type;

struct commit_times {
  duration whole{};  ///< with the flush
  duration flush{};  ///< zero: it was not flushed
};
/// What a commit wrote (its schedule changes may be missing), and how long that took. Called when
/// it is flushed, on a thread of the journal, one at a time, which waits: it must be quick, and
/// must neither throw nor call the engine. One that needs no flush may be told before others that
/// were written earlier; those with events come in their order.
using commit_watcher = std::function<void(const commit_batch&, const commit_times&)>;

/// A batch that a flow handled, or an attempt at one that failed and is repeated.
struct batch_news {
  const flow_type& type;
  std::uint64_t handled = 0;  ///< events
  duration took{};            ///< in its handlers
  bool is_retry = false;
};
/// Called on the threads of the flows, perhaps several at a time: quick, and does not throw.
using batch_watcher = std::function<void(const batch_news&)>;

/// Any thread.
class commit_watchers {
 public:
  std::uint64_t add(commit_watcher one) {
    const std::scoped_lock lock{mutex_};
    all_.emplace(++last_, std::move(one));
    some_ = true;
    return last_;
  }
  /// It is not called any more afterwards.
  void end(std::uint64_t which) {
    const std::scoped_lock lock{mutex_};
    all_.erase(which);
    some_ = !all_.empty();
  }
  void tell(const commit_batch& written, const commit_times& took) {
    if (!some_) return;
    const std::scoped_lock lock{mutex_};
    for (const auto& [which, watcher] : all_) watcher(written, took);
  }

 private:
  std::mutex mutex_;
  std::atomic<bool> some_{false};
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, commit_watcher> all_;
};

}  // namespace millrace
