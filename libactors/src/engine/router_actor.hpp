/// Routing as an actor: committed events in, deliveries to flow actors out.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "engine/context.hpp"
#include "engine/lag_pace.hpp"
#include "engine/messages.hpp"
#include "engine/residents.hpp"
#include "engine/window_source.hpp"
#include "routing/router.hpp"

namespace millrace {

/// Takes what the journal committed, from memory or, when it is behind, from the store; has the
/// router core route it, a window at a time; pushes deliveries; writes postings now and then. It
/// also answers every question that needs to know how far routing is. One in an engine; never waits
/// for a flow.
class router_actor final : public caf::event_based_actor {
 public:
  struct start {
    engine_context* context = nullptr;
    router::start from;
  };
  router_actor(caf::actor_config& config, start from);

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  // Windows.
  void go_on();
  void on_pump();
  bool make_room(windows_for whom);
  std::shared_ptr<const window> next_window();
  std::size_t lag_room();
  void route(const std::shared_ptr<const window>& events);
  void push_all(routed_window& routed, const std::shared_ptr<const window>& events);
  void on_lane_news(const lane_news& news);
  void at_rest();
  void wake_pending();

  // Writing derived data.
  void write();
  void write_then(std::function<void()> then);
  void on_written(const derived_written& news);
  void forget();
  [[nodiscard]] std::size_t awake_max() const;
  [[nodiscard]] bool is_far_behind() const;
  [[nodiscard]] std::size_t unwritten_max() const;
  void arm_tick();
  void on_tick();

  // Calls (router_actor_calls.cpp).
  struct waiter {
    wait_call call;
    bool resolved = false;
    std::vector<std::pair<flow_key, build_number>> flows;
  };
  void on_news(const committed_news& news);
  void when_routed(const flow_entry& flow, position through, std::function<void()> written);
  [[nodiscard]] position routed_to(std::string_view type, build_number build) const;
  void on_unwritten(const unwritten_call& call);
  void on_progress();
  bool try_answer(waiter& one);
  result<void> resolve(waiter& one);
  [[nodiscard]] bool caught_up();
  void on_inspect(const inspect_call& call);
  void on_statistics(const statistics_call& call);
  void on_loads(const loads_call& call);
  void on_repair(const repair_call& call);
  void on_conditional_append(const conditional_append_call& call);
  bool try_append(position appended, const conditional_append_call& call);
  result<position> routed_for(std::string_view flow_type) const;
  // Flows elsewhere (router_actor_foreign.cpp).
  void on_foreign(const foreign_call& call);
  result<flow_number> number_of_foreign(const flow_commit& request);
  result<bool> is_entry(const routed_flow& flow, position at) const;
  // Imports (router_actor_imports.cpp).
  void on_import(const import_call& call);
  result<import_ended> prepare(import_request& request);
  result<std::optional<former_row>> made_inert(const std::string& type) const;
  result<bool> has_flows(const std::string& type) const;
  result<void> check_checkpoints(const v1::FlowType& type) const;
  void on_adopt(const adopt_call& call);
  void adopt_anew(const adopt_call& call);
  void on_import_ended(const import_ended& news);
  void enter(const std::vector<flow_entry>& started);
  void write_held_entries();
  [[nodiscard]] duration unwritten_age_max() const;
  result<std::uint64_t> wake_adopted(const v1::FlowType& row);
  // Rebuilding (router_actor_mend.cpp).
  using flow_names = std::vector<std::pair<flow_key, build_number>>;
  void on_mend(const mend_call& call);
  void mend_next();
  result<flow_names> mend(mend_request& request);
  void on_mended(const flow_names& flows);
  // Builds (router_actor_builds.cpp).
  /// A build that is made to take the place of another: of one that is served, or of a topic's that
  /// was reset.
  struct successor {
    std::uint32_t type = 0;          ///< index in the table
    std::optional<position> joined;  ///< where it had caught up with the others
    bool is_blocked = false;         ///< an instance of it is stopped
    timestamp looks_after{};         ///< whether all of a topic's flows have begun
  };
  void find_shown();
  void find_successors();
  [[nodiscard]] build_number shown(std::string_view type) const;
  [[nodiscard]] position handled_before() const;
  [[nodiscard]] bool awaits_switch() const;
  void check_successors();
  bool is_ready(successor& one);
  void check_drops();
  void serve(const v1::FlowType& row, std::function<void()> then);
  void on_switch(const switch_call& call);
  result<std::vector<build_name>> droppable(const std::string& type);
  void drop_old(const switch_call& call, std::optional<build_number> former = {});
  // Resets of whole types (router_actor_resets.cpp).
  void on_type_reset(const type_reset_call& call);
  void check_resets();
  void begin_anew(std::uint32_t type, const type_reset_call& call);
  [[nodiscard]] bool is_begun(const v1::FlowType& row);
  [[nodiscard]] std::vector<build_name> formers_of_reset(const v1::FlowType& row) const;
  [[nodiscard]] bool is_yet_to_begin(const flow_key& key) const;
  void end_reset(const v1::FlowType& row);
  void on_watch(const watch_tail& request);
  // Lag contracts (router_actor_admission.cpp).
  void on_agreed(const lag_call& call);
  result<void> find_backlogs();
  void contracts_woken();
  void look_at_contracts();
  void admit_until(position until, const routed_flow* behind);
  [[nodiscard]] std::optional<std::uint64_t> smallest_contract() const;
  void refuse_calls(const error& why);
  void on_drain(const drain_call& call);
  [[nodiscard]] bool routed_enough_to_end() const;
  void check_drained();
  void answer_drained(const result<void>& outcome);

  engine_context& context_;
  const position opened_at_;  // the tail, when the engine started
  life life_{context_};
  router core_;
  residents flows_;

  window_source source_{context_, *this};
  bool pumping_ = false;
  lag_pace pace_{context_.bounds.window};
  std::optional<timestamp> lag_began_;  // the last window was of one that lags
  struct leased {
    std::weak_ptr<window_lease> lease;
    timestamp until;  ///< it may be held, also when the router needs the room
  };
  std::deque<leased> leases_;
  std::size_t leases_looked_through_at_ = 1024;
  std::deque<std::pair<flow_key, build_number>> to_wake_;
  std::optional<lag_call> agrees_;  // as soon as no flow is in a lane

  bool writing_ = false;
  std::size_t being_written_max_ = 0;  // unwritten_max() when that began
  // Until its row is written, with what its former one was routed.
  bool begins_build_ = false;
  bool tick_armed_ = false;
  std::optional<timestamp> unwritten_since_;
  std::optional<timestamp> idle_since_;  // nothing is in use
  std::vector<std::function<void()>> after_next_write_;
  std::vector<std::function<void()>> after_this_write_;

  std::vector<waiter> waiters_;
  std::vector<caught_up_call> caught_up_calls_;
  struct routed_call {
    std::string type;
    build_number build;
    position through;
    std::function<void()> written;
  };
  std::vector<routed_call> routed_calls_;                   // not routed that far yet
  std::map<std::string, build_number, std::less<>> shown_;  // served, and durably so
  std::vector<successor> successors_;
  std::size_t serving_ = 0;  // builds that are served once that is written
  std::vector<drop_call> drops_;
  std::vector<type_reset_call> resets_;  // whose flows have not all left
  std::vector<std::pair<position, conditional_append_call>> appends_;
  std::vector<watch_tail> watchers_;
  std::size_t imports_ = 0;               // under way
  std::vector<flow_entry> held_entries_;  // of an import; unwritten postings go with each
  position admitted_until_ = unplaced;
  std::optional<position> until_woken_;  // while flows that had work at the start are not woken
  std::deque<mend_call> mends_;
  std::shared_ptr<answer_to<void>> drained_;
};

}  // namespace millrace
