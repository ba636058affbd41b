/// The engine's flows and its journal, without a router and with no store behind them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/caf_shim.hpp"
#include "engine/context.hpp"
#include "engine/journal_threads.hpp"
#include "engine/lane_actor.hpp"
#include "harness/routed_events.hpp"
#include "harness/store_over.hpp"
#include "store/memory_store.hpp"

namespace millrace::bench {

/// Takes commits and keeps of them where each flow is: the journal asks for that.
class forgetful_store final : public store_over {
 public:
  forgetful_store() : store_over(nothing_), at_(flows_count) {}
  result<void> write(const commit_batch& batch) override;
  using store_over::find_flow;
  result<std::optional<flow_row>> find_flow(flow_number flow) const override;

 private:
  memory_store nothing_;
  mutable std::mutex mutex_;
  std::vector<std::optional<std::uint64_t>> at_;
};

/// Who flows are: in lanes, as those that are given a history, or each an actor, as those that are
/// not.
enum class flows_are { in_lanes, actors };

/// What flow actors and lanes need, and who takes the place of the router: it cuts windows into
/// messages, three windows under way, and answers what a router is asked.
class engine_alone {
 public:
  engine_alone(const events_at_hand& events, flows_are kind);
  engine_alone(const engine_alone&) = delete;
  engine_alone& operator=(const engine_alone&) = delete;
  ~engine_alone();

  /// Seconds until all of it is handled and, of lanes, committed: they are closed then.
  double deliver_all(std::vector<routed_events> windows);
  /// Has every flow in memory, and live.
  void begin(routed_events first);

 private:
  void spawn_flow(std::uint32_t number);
  [[nodiscard]] flow_entry entry_of(std::uint32_t number) const;
  void push(routed_events& what);
  void push_to_lanes(const routed_events& what, const std::shared_ptr<window_lease>& lease);
  void push_to_actors(const routed_events& what, const std::shared_ptr<window_lease>& lease,
                      const window& events);
  [[nodiscard]] std::size_t in_flight();
  void close_lanes();

  const flows_are kind_;
  interest_table interest_;
  system_clock clock_;
  forgetful_store store_;
  journal writes_;
  engine_context context_;
  journal_threads threads_{writes_};
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> actors_;
  std::vector<caf::actor> flows_;  // by number; or lanes, by type
  caf::actor router_;
  std::atomic<std::uint32_t> lanes_closed_{0};
  std::vector<std::shared_ptr<lane_actor::pace>> shown_;
  std::vector<std::weak_ptr<window_lease>> leases_;
  std::vector<std::optional<position>> last_;         // by flow
  std::vector<std::optional<std::uint32_t>> places_;  // by flow, in its lane
  std::vector<std::uint32_t> members_;                // of each lane
  std::uint64_t delivered_ = 0;
};

}  // namespace millrace::bench
