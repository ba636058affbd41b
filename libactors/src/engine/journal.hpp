/// The one writer: takes what is queued, one transaction, one flush, then acknowledges.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/block_cutter.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"
#include "engine/commit_watchers.hpp"
#include "engine/group.hpp"
#include "engine/journal_queue.hpp"

namespace millrace {

/// Submitting is for any thread and never waits. Writing is for one thread at a time, and what is
/// written is flushed and answered by any, also while the next commit is written; or one scheduled
/// actor does all of it, in tests. It waits for nobody: what it tells others it sends.
///
/// What a commit wrote may be read, and the next one is checked against it. Who follows the
/// timeline, and who asked for it, are told when it is flushed, in the order of the commits. Turns
/// that need no flush are answered when they are written, unless they share a commit with what
/// does.
///
/// Two queues: appends from outside are bounded and refused with `overloaded`; everything else
/// (turns of flows, router progress, timers) is bounded by its senders, one each, and always
/// admitted. Within each, order, and so that on the timeline, is that of submission; each commit
/// takes some of both, so that neither waits for all of the other. Of what shared a commit, appends
/// are answered last, the newest of them first.
class journal {
 public:
  struct listeners {
    /// After each commit that wrote events or changed the schedule, before its completions.
    std::function<void(const std::shared_ptr<const committed>&)> on_committed;
    /// Wakes whoever calls write(). Any thread.
    std::function<void()> on_ready;
    /// Before each commit; false: the process dies here (tests), and nothing is written or
    /// answered.
    std::function<bool()> before_commit;
    /// The store failed for good; called once, before the completions of what failed with it.
    std::function<void(const error&)> on_failed;
    /// After each commit, whatever it wrote; may be empty. See commit_watcher.
    commit_watcher on_written = {};
  };
  struct counts {
    std::atomic<std::uint64_t> events{0};
    std::atomic<std::uint64_t> commits{0};
  };

  journal(store& stored, const type_registry& types, const interest_table& interest,
          const clock& time, listeners tell, std::size_t rows_at_once = limits::commit_rows_max);

  /// Loads the id window. No flow from `first_new` on is in the store. Before the first call of
  /// write(); errors of the store.
  result<void> open(std::uint32_t first_new);

  /// An append from outside. False: the queue is at its bound or the journal is closed, and `done`
  /// was called with overloaded or closed, on this thread.
  bool submit(append_request request);
  /// The room that submit() takes, beforehand: for an append that waits for the router. False: as
  /// there. Afterwards comes submit() or, when it is refused elsewhere, give_back().
  bool admit(append_request& request);
  void give_back(const append_request& request);
  /// From now on appends are refused with overloaded, and this reason, when the tail with all that
  /// waits to be written has reached `limit`. Any thread.
  void admit_until(position limit, std::string reason);
  [[nodiscard]] position admitted_until() const { return {admitted_until_.load()}; }
  /// What is always admitted. After the store failed: `done` is called with that, at once.
  void submit(flow_commit request);
  void submit(derived_commit request);
  void submit(fire_request request);
  void submit(import_request request);
  void submit(timers_request request);

  enum class worked { idle, more, disk_full, failed };
  /// Writes one commit of what is queued. `more`: there is more of it; `disk_full`: nothing is
  /// lost; call again after a while. Somebody calls settle() afterwards. One thread at a time, as
  /// for maintain().
  worked write();
  /// Flushes and answers what was written; that of other threads, too. Any thread.
  void settle();
  /// Both.
  worked work();
  /// A slice of the store's housekeeping; true: there is more.
  bool maintain();

  /// Appends from outside are refused from now on; the rest goes on.
  void refuse_appends();
  /// Nothing is queued and nothing is under way.
  [[nodiscard]] bool idle() const;
  /// Requests that wait, or their events when these are more. Any thread.
  [[nodiscard]] std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

  /// The last commit found the disk full: what the engine needs to write is held. Any thread.
  [[nodiscard]] bool is_held() const { return held_; }

  /// The first position not committed yet, or not flushed. Any thread.
  [[nodiscard]] position tail() const { return {tail_.load(std::memory_order_acquire)}; }
  [[nodiscard]] const counts& counted() const { return counts_; }

  /// The router returns the room that a committed batch took in its feed.
  void feed_consumed(std::size_t size) { feed_size_ -= size; }

 private:
  using batch = journal_queue::batch;
  using answer = std::variant<result<void>, result<std::vector<position>>>;

  /// A commit, from its requests to their answers.
  struct commit_under_way {
    batch requests;
    std::vector<answer> answers;  // one for each
    std::unique_ptr<group> made;
    duration wrote{};
  };

  /// Why an append cannot be taken now; none: it has its room.
  [[nodiscard]] std::optional<error> take_room(append_request& request);
  void push(journal_request request, const journal_amount& amounts);
  void push(queued_request one);
  std::optional<error> enqueue(queued_request& one);
  void note_waiting();
  bool take();
  void put_back(batch& all);
  void set_apart();
  worked commit(commit_under_way& one);
  std::optional<error> gather(commit_under_way& one);
  static void refuse_outside(batch& from, const error& why);
  void tell(const commit_under_way& done, duration flush);
  void publish(commit_under_way& done);
  static void acknowledge(commit_under_way& done);
  static void clear(commit_under_way& one);
  void fail(const error& why, std::initializer_list<batch*> first);
  static void refuse(std::span<queued_request> all, const error& why);

  store& store_;
  const type_registry& types_;
  const interest_table& interest_;
  const clock& clock_;
  listeners tell_;
  const std::size_t rows_at_once_;
  id_window ids_;
  fences fences_;
  counts counts_;
  std::atomic<std::uint64_t> tail_;
  std::atomic<std::size_t> feed_size_{0};
  std::atomic<bool> held_{false};
  std::atomic<std::uint64_t> admitted_until_{std::numeric_limits<std::uint64_t>::max()};

  std::atomic<std::uint64_t> next_;  // behind what is written

  // Of the thread that writes.
  commit_under_way taken_;
  commit_under_way apart_;  // of what was taken, what is answered at once
  block_cutter texts_;

  std::mutex settling_;                    // held by who flushes; before the other one
  std::optional<error> lost_;              // why; since a flush failed
  std::vector<commit_under_way> settled_;  // while they are

  mutable std::mutex mutex_;  // guards what follows
  block_cutter appended_;
  journal_queue appends_;
  journal_queue own_;  // of the engine, and the rest
  std::atomic<std::size_t> waiting_{0};
  std::vector<commit_under_way> written_;  // in order; not flushed, or not known to be
  std::vector<commit_under_way> spare_;    // whose memory is used again
  journal_amount outside_;                 // of appends, and of those that are admitted beforehand
  std::size_t outside_under_way_ = 0;      // events in the commit that is being written
  std::size_t under_way_ = 0;              // commits that are not answered
  std::string admission_reason_;
  bool appends_refused_ = false;
  std::optional<error> failure_;
};

}  // namespace millrace
