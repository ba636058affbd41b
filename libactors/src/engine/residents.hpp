/// The flow actors that are in memory.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "engine/context.hpp"
#include "engine/flow_actor.hpp"
#include "engine/lane.hpp"
#include "engine/messages.hpp"
#include "routing/router.hpp"

namespace millrace {

/// Spawns, feeds and unloads flow actors. Part of the router actor; same thread. Bounded: idle ones
/// are unloaded after a while, and at once when there are too many.
class residents {
 public:
  residents(engine_context& context, caf::event_based_actor& owner, const router& core);

  /// What window the deliveries are of that come next. `is_bulk`: there is much of it, and more to
  /// come, so that flows may join a lane.
  void begin_window(windows_for whom, bool is_bulk);
  /// Hands one delivery to its flow: to the lane that it is in or joins; or to its actor, which is
  /// spawned when it is not there. Leaves it out when the flow is stopped, nobody hosts its type,
  /// it reads from the store, or its inbox is full. `first` is the position of its first event.
  void push(routed_flow& to, bool fresh, position first, deliver what);
  /// True: some are in lanes.
  bool end_window();
  /// Of the window: actors, of which a lane is one.
  [[nodiscard]] std::size_t holders() const { return holders_; }
  /// Loads a flow that has something pending. The entry comes from the store's directory.
  void wake(routed_flow& flow);
  /// The same, to repair it.
  void repair(routed_flow& flow, flow_actor::repair how);

  /// Nothing more is on its way in windows of that kind: who was told that there is commits what
  /// it has.
  void run_dry(windows_for whom);
  /// From then on their flows have actors. False: there was nobody in them.
  bool close_lanes();
  /// One of them has the window, and will be done with it.
  [[nodiscard]] bool is_in_lanes(const window_lease& what);
  /// Now and then, so that who goes on is not taken for stuck.
  void look_at_lanes();
  /// What a lane says; flows that have to be woken.
  std::vector<std::pair<flow_key, build_number>> on_lane_news(const lane_news& news, router& core);

  /// The engine failed: a lane that somebody waits for will not be empty.
  void refuse_repairs(const error& why);

  void on_take_on(const take_on& request);
  void on_progressed(flow_number flow);
  void on_fell_behind(flow_number flow);
  void on_left(const flow_left& news);
  /// Its inbox in the store is another one. True: it has an actor, or will have one, which reads it
  /// again.
  bool on_replaced(routed_flow& flow);
  /// Answers those who asked while their inbox was being replaced.
  void answer_held();

  /// Unloads what has been idle for limits::idle_unload, or all that is idle when there are too
  /// many.
  void sweep(timestamp now);
  /// Everything pushed or pending is committed, or its flow is stopped.
  [[nodiscard]] bool all_settled();
  /// Whether a flow has handled everything up to and with `at`; none: it is stopped.
  [[nodiscard]] result<std::optional<bool>> has_handled(const routed_flow& flow, position at);
  void watch(flow_number flow);
  /// The first event that waits for a flow, which is in memory or still to be woken.
  void expect(flow_number flow, position first);
  void expect_none() { expected_.clear(); }
  /// Of the flows under a lag contract the one that lets the fewest events in: appends end before
  /// `until`. Tells the router about its next commit. None: each has handled all it got.
  struct furthest {
    const routed_flow* flow = nullptr;
    position until;
  };
  [[nodiscard]] std::optional<furthest> furthest_behind();
  /// None: it is not in memory.
  [[nodiscard]] std::optional<flow_load> load(flow_number flow) const;

  [[nodiscard]] const routed_flow* find(flow_number flow) const;
  /// Whether every flow of the build that is in memory has handled what it got before `end`.
  [[nodiscard]] bool have_handled(std::string_view type, build_number build, position end);
  /// Lets the flows of a build end what they are at and leave, and takes none of them on again; how
  /// many are left. Call again until none is.
  std::size_t expel(std::string_view type, build_number build);
  void drain_all();
  /// And forgets who waits for a repair: the end of that answer says `closed`.
  void kill_all();
  [[nodiscard]] bool empty() const { return in_memory_.empty() && lanes_are_empty(); }
  [[nodiscard]] std::size_t waking() const { return waking_; }

 private:
  struct resident {
    caf::actor actor;
    std::shared_ptr<flow_gate> gate;
    routed_flow* flow = nullptr;
    bool live = false;    ///< the router pushes
    bool waking = false;  ///< counts in waking_
    bool awaits = false;  ///< was told that more is on its way
    std::uint64_t sent = 0;
    timestamp used;
    /// With a lag contract: of what it had not handled when that was last looked at, the first.
    std::optional<position> since = {};
  };

  [[nodiscard]] lane& lane_of(const routed_flow& flow) { return lanes_[*flow.type]; }
  [[nodiscard]] bool lanes_are_empty() const;
  [[nodiscard]] bool may_join(const routed_flow& flow, const deliver& what);
  [[nodiscard]] bool suits_lane(const flow_type& type) const;
  void join(routed_flow& flow, bool fresh, const deliver& what);
  void make_room_in_lanes();
  std::size_t close_lanes(std::string_view type);
  void repair_waiting(flow_number flow);
  resident* find_or_spawn(routed_flow& flow, bool fresh,
                          std::optional<flow_actor::repair> repairs = std::nullopt);
  [[nodiscard]] static bool settled(const resident& one);
  [[nodiscard]] std::uint64_t max_lag(const routed_flow& flow) const;
  [[nodiscard]] std::optional<furthest> behind(const resident& one) const;
  [[nodiscard]] position first_to_repair(const routed_flow& flow, const repair_order& how) const;
  static void refuse_repair(const routed_flow& flow, const flow_actor::repair& how);
  void repair_later(routed_flow& flow, flow_actor::repair how);
  void erase(std::unordered_map<flow_number, resident>::iterator at);
  void woken(resident& one);
  std::size_t* leaving(const flow_entry& flow);

  engine_context& context_;
  caf::event_based_actor& owner_;
  const router& core_;
  std::unordered_map<flow_number, resident> in_memory_;
  std::vector<lane> lanes_;     // by type
  std::vector<char> is_quick_;  // by type: its flows may be in a lane
  windows_for whom_{};          // the window at hand
  bool is_bulk_ = false;
  std::size_t holders_ = 0;
  std::unordered_set<flow_number> stopped_;
  std::unordered_map<flow_number, std::pair<routed_flow*, flow_actor::repair>> repairs_;
  std::vector<take_on> held_;
  std::map<windows_for, std::vector<flow_number>> awaiting_;
  bool draining_ = false;
  std::size_t waking_ = 0;
  timestamp swept_{};
  std::optional<flow_number> last_unsettled_;
  std::optional<flow_number> last_behind_;
  std::optional<flow_number> last_furthest_;
  position last_until_{};
  std::unordered_map<flow_number, position> expected_;
  std::map<std::pair<std::string, build_number>, std::size_t> leaving_;  // how many still are
};

}  // namespace millrace
