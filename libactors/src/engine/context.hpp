/// What all actors of one engine share.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "engine/commit_watchers.hpp"
#include "engine/journal.hpp"
#include "engine/lease.hpp"
#include "engine/meter.hpp"
#include "engine/shared_reactions.hpp"
#include "engine/work_bounds.hpp"
#include "routing/interest.hpp"
#include "store/store.hpp"
#include "wire/body_pool.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

/// How one flow actor tells the router how far it is, without messages. Flow actor writes, router
/// reads.
struct flow_gate {
  explicit flow_gate(timestamp now) : meter(now) {}
  std::atomic<std::uint64_t> consumed{0};  ///< entries taken off its mailbox and done with
  std::atomic<std::uint64_t> handled{0};   ///< first position not committed yet
  std::atomic<bool> watched{false};        ///< tell the router about each commit
  /// A turn is with the journal: the store may show it before it is flushed.
  std::atomic<bool> committing{false};
  flow_meter meter;  ///< since it was loaded
};

/// Owned by the engine, outlives every actor. Constant but for the atomics.
struct engine_context {
  store& stored;
  class journal& writes;
  const type_registry& types;
  const interest_table& interest;
  const clock& time;
  bool run_flows = true;
  work_bounds bounds = {};
  bool own_threads = true;  ///< flows may have threads of their own; not in virtual time
  /// Lag contracts, by index of the interest table (0: none); empty: there is none at all. Of the
  /// router's thread.
  std::vector<std::uint64_t> max_lags = {};

  struct counts {
    std::atomic<std::uint64_t> routed{0};
    std::atomic<std::uint64_t> delivered{0};
    std::atomic<std::uint64_t> handled{0};
  } counted{};

  /// What the flows of each type have done, by index of the interest table.
  std::deque<flow_meter> meters{};

  /// Who is told of batches; none: nobody. What was told once is kept to the end.
  std::atomic<const batch_watcher*> watches_batches{nullptr};
  std::deque<batch_watcher> batch_watchers{};
  void tell_batch(const batch_news& news) const {
    if (const auto* told = watches_batches.load(std::memory_order_acquire)) (*told)(news);
  }

  /// Somebody waits for the engine to be caught up: flows tell when they have nothing left.
  std::atomic<bool> watch_all{false};
  /// Changes of the schedule (the first is its loading), and how many of them the schedule actor
  /// has seen with nothing due any more.
  std::atomic<std::uint64_t> timer_changes{1};
  std::atomic<std::uint64_t> timer_changes_settled{0};
  /// Of topics that decide again.
  reactions_by_type recorded{stored, types};
  std::shared_ptr<window_budget> budget = std::make_shared<window_budget>(bounds.windows);
  body_pool used_bodies{};
  /// In all lanes, at the ends of their last slices.
  std::atomic<std::size_t> open_turns{0};

  /// One for each actor that may still run; see life.
  std::atomic<std::size_t> actors{0};

  /// The first failure that ends the engine: everything stands still from then on. Any thread.
  void fail(const error& why) {
    std::scoped_lock lock{failure_mutex};
    if (failure) return;
    failure = why;
    failed = true;
    on_failure();
  }
  /// Who is told, now or later.
  void watch_failure(std::function<void()> told) {
    std::scoped_lock lock{failure_mutex};
    on_failure = std::move(told);
    if (failure) on_failure();
  }
  std::function<void()> on_failure = [] {};
  std::atomic<bool> failed{false};
  [[nodiscard]] std::optional<error> failure_now() const {
    std::scoped_lock lock{failure_mutex};
    return failure;
  }
  mutable std::mutex failure_mutex{};
  std::optional<error> failure{};
};

/// What an exception says that reached a place where none may arrive.
[[nodiscard]] inline error broken_by(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& known) {
    return {errc::broken, std::string{"an actor of the engine failed: "} + known.what()};
  } catch (...) {
    return {errc::broken, "an actor of the engine failed"};
  }
}

/// Held by an actor from its construction until its on_exit: when none is left, nothing of the
/// engine runs any more and the context may go.
class life {
 public:
  explicit life(engine_context& context) : actors_(&context.actors) { ++*actors_; }
  life(const life&) = delete;
  life& operator=(const life&) = delete;
  ~life() { end(); }
  void end() {
    if (auto* actors = std::exchange(actors_, nullptr)) --*actors;
  }

 private:
  std::atomic<std::size_t>* actors_;
};

}  // namespace millrace
