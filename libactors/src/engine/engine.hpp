/// The engine: the actors over a store, started, asked and stopped. The only door to `engine/`.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "engine/commit_watchers.hpp"
#include "engine/mending.hpp"
#include "engine/requests.hpp"
#include "engine/work_bounds.hpp"
#include "millrace/host.hpp"
#include "millrace/statistics.hpp"
#include "routing/interest.hpp"
#include "store/store.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

class flow_meter;

/// What the engine works with; all of it outlives the engine.
struct engine_parts {
  store& stored;
  const type_registry& types;
  const interest_table& interest;
  const clock& time;
  bool run_flows = true;
  caf::actor_system* actors = nullptr;  ///< null: one of its own
  std::size_t worker_threads = 0;
  work_bounds bounds = {};
  /// Tests only: before each commit; false: the process dies there.
  std::function<bool()> before_commit;
};

/// One flow of the build that is served.
struct engine_inspection {
  std::optional<flow_number> flow;
  std::optional<position> latest;
  v1::FlowType served;
  position routed;  ///< of that build
};

/// What the router knows and the store does not yet.
struct engine_unwritten {
  /// Of flows with postings to be written, by key and build.
  std::map<std::pair<std::string, build_number>, position> latest;
  std::vector<v1::FlowType> parked;  ///< types whose routing is stopped
};

/// Whether a request was taken, or how far routing is by now, when that is too far on: then it has
/// to be brought up first.
struct mend_outcome {
  bool taken = false;
  routing_plan::moment now;
};

/// What a flow that is in memory is at.
struct flow_load {
  flow_activity activity;     ///< since it was loaded
  std::uint64_t waiting = 0;  ///< entries that were handed to it and that it is not done with
};
struct engine_loads {
  position head;                                ///< the first position that is not routed
  std::vector<std::optional<flow_load>> flows;  ///< in the order asked; none: not in memory
};

template <class T>
using engine_answer = std::function<void(result<T>)>;

/// Calls are for any thread; answers come on a thread of the engine, and must not block or throw.
class engine {
 public:
  /// Reads what is pending and starts. Errors: those of the store; incompatible.
  static result<std::unique_ptr<engine>> open(engine_parts parts);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  void append(append_request request);
  /// These two may take long: they are forgotten, without an answer, when `caller` has expired.
  void wait(position at, std::weak_ptr<const void> caller, engine_answer<void> answer);
  void when_caught_up(std::weak_ptr<const void> caller, engine_answer<void> answer);
  void inspect(const flow_key& key, engine_answer<engine_inspection> answer);
  void unwritten(engine_answer<engine_unwritten> answer);
  /// The postings of this flow up to `through` are in the store when this is answered.
  struct built_flow {
    flow_key key;
    build_number build = first_build;
  };
  void write_derived(const built_flow& flow, position through, engine_answer<void> answer);
  /// What is routed by now is in the store when this is answered: with what the flow has done, if
  /// it is in memory.
  void statistics(std::optional<flow_key> key, engine_answer<std::optional<flow_activity>> answer);
  /// Costs the router a look-up for each of the flows.
  void loads(std::vector<flow_number> flows, engine_answer<engine_loads> answer);
  /// No call is under way or follows when the subscription has ended. Not from inside a call.
  [[nodiscard]] subscription watch_commits(commit_watcher watcher);
  /// In the place of who was told before; from one thread at a time. It is kept until the engine
  /// ends, and may be called once more after another took its place.
  void watch_batches(batch_watcher watcher);
  /// Of the flows of each type since open, by index of the interest table.
  [[nodiscard]] const std::deque<flow_meter>& meters() const;
  /// Answered when the mended data is in the store. The request is changed meanwhile.
  void mend(std::shared_ptr<mend_request> request, engine_answer<mend_outcome> answer);
  /// Answered when it is durable that the flow goes on, or begins anew.
  void repair(const flow_key& key, repair_order order, engine_answer<void> answer);
  /// The turn of a flow that another process hosts; it has `elsewhere`, and its number is filled in
  /// here. Errors, besides those of the store: conflict (the checkpoint is another one; the type
  /// is run here, or by a program that is not running), not_found (no such flow), invalid (the
  /// inbox has no entry at that position), overloaded.
  void commit_elsewhere(flow_commit request);
  /// A stretch of a history from elsewhere. Stretches are written in the order of the calls. The
  /// caller bounds how many are under way. Errors: conflict (a position is taken; a checkpoint of a
  /// type that has flows here), invalid.
  void import(import_request request);
  /// Ends the inertness of an imported type; of one that is not inert, nothing.
  /// `decided_elsewhere`: its flows have checkpoints, without states, where they emitted last; a
  /// topic decides again up to there. Answered when that, and everything routed to its flows so
  /// far, is in the store: how many of them have something waiting. Errors: not_found, overloaded
  /// (an import is under way: try again).
  void adopt(const std::string& type, bool decided_elsewhere, engine_answer<std::uint64_t> answer);
  /// Frees imported timers, or takes them off. Errors: storage_full.
  void free_timers(timers_request request);
  void switch_type(const std::string& type, bool drop_old, engine_answer<switch_report> answer);
  /// Begins all flows of a hosted type anew, in a further build that one scan of the timeline
  /// feeds. Answered when that is durable. Errors: unknown_type, conflict (inert; explicit routes
  /// alone reach it; it is being reset).
  void reset_type(const std::string& type, bool accept_history, engine_answer<void> answer);
  /// How far behind flows of each type may be while appends are taken, by index of the interest
  /// table, in place of what was agreed upon before; 0: no contract. Answered when it is in force.
  void agree_on_lag(std::vector<std::uint64_t> by_type, engine_answer<void> answer);
  [[nodiscard]] subscription subscribe(subscription_options options, host::event_handler handler);

  [[nodiscard]] position tail() const;
  [[nodiscard]] host_counters counters() const;
  /// The disk is full, and what flows need to write waits for room.
  [[nodiscard]] bool is_held() const;
  /// Appends are taken as long as the tail, with what waits to be written, is before this; none:
  /// there is no lag contract.
  [[nodiscard]] std::optional<position> admitted_until() const;
  /// Set when the store failed for good.
  [[nodiscard]] std::optional<error> failure() const;

  /// Refuses appends, then drains flows and writes derived data; answered when that is done.
  void drain(engine_answer<void> answer);
  /// Ends all actors and the journal's threads after what is queued; nothing runs afterwards.
  void stop();

  /// The deterministic form: nothing runs but by step(). For host_test.
  static result<std::unique_ptr<engine>> open_virtual(engine_parts parts, std::uint64_t seed);
  /// Runs one actor once; false: nothing is ready.
  bool step();
  /// How long until the next timeout of an actor; none: there is none.
  [[nodiscard]] std::optional<duration> next_timeout() const;
  /// Moves the actors' clock; what falls due becomes ready.
  void advance(duration by);
  /// The process dies: drops everything without another commit.
  void crash();

 private:
  struct inside;
  explicit engine(std::unique_ptr<inside> content);
  std::unique_ptr<inside> inside_;
};

}  // namespace millrace
