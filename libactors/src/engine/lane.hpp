/// The router's side of a lane: which flows are in it, and what of a window is for them.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/context.hpp"
#include "engine/lane_actor.hpp"
#include "engine/messages.hpp"
#include "routing/router.hpp"

namespace millrace {

/// That of one type. Open while flows are in it. A flow is in a lane, or has an actor, or neither.
/// Closing takes as long as a commit: what is routed to its flows meanwhile is not pushed, and they
/// are woken afterwards to read it. When it is emptied, its flows are *out*: still of the lane,
/// which may have turns of theirs open, until it has committed them; or in again, with their next
/// delivery. Part of the router actor; same thread.
class lane {
 public:
  lane(engine_context& context, caf::event_based_actor& owner, std::uint32_t type)
      : context_(context), owner_(owner), type_(type) {}

  [[nodiscard]] bool is_empty() const {
    return members_.empty() && out_.empty() && missed_.empty();
  }
  /// Places in it that flows have, or had before they were given up.
  [[nodiscard]] std::size_t size() const { return members_.size(); }
  /// No flow may join now.
  [[nodiscard]] bool is_closing() const { return closing_; }
  /// The kind of windows that its flows joined with.
  [[nodiscard]] windows_for whom() const { return whom_; }

  /// Whether it has to join again to get what comes next.
  [[nodiscard]] bool is_out(const routed_flow& flow) const {
    return !closing_ && flow.place >= out && flow.place != misses;
  }
  /// A window comes. A lane that got no further with one for long, or from which one was taken
  /// back, is closed, so that nothing piles up before it.
  void begin();
  /// It has the window, and will be done with it: nothing would be won by taking that back.
  [[nodiscard]] bool goes_on_to(const window_lease& what) const;
  /// How far it is.
  void look();
  /// A flow that has no actor, and is in no lane, or out, joins with its next delivery.
  void join(routed_flow& flow, windows_for whom, lane_member who);
  /// Of a flow that is in the lane.
  void push(routed_flow& flow, const deliver& what);
  /// Sends what came of one window. True: anything did.
  bool end();

  /// There are too many in lanes: all that are in it are out. emptied() follows.
  void empty();
  /// Has everything committed, and is empty after that: closed() follows. Until then `reader` is of
  /// the lane, whatever else it empties, and what comes for it after this it reads itself.
  void close(routed_flow* reader = nullptr);
  /// Those of its flows, none of which is in it any more, that have to be woken.
  std::vector<std::pair<flow_key, build_number>> closed();
  /// The lane gave a flow up that is in it. False: emptied() or closed() will name it.
  bool give_up(routed_flow& flow);
  /// What was out when the lane was first emptied, and not in again, is in it no longer. Those that
  /// it gave up meanwhile, and that have to be woken.
  std::vector<std::pair<flow_key, build_number>> emptied();
  void kill_actor();

 private:
  static constexpr std::uint32_t misses = ~0u;  ///< as a place: did not get all that was routed
  static constexpr std::uint32_t out = 0x8000'0000;  ///< and a number that empty() counts

  [[nodiscard]] bool is_stuck() const;
  void send();
  void miss(routed_flow& flow);
  static std::vector<std::pair<flow_key, build_number>> let_go(
      const std::vector<routed_flow*>& missed);
  static void forget(routed_flow& flow);

  engine_context& context_;
  caf::event_based_actor& owner_;
  std::uint32_t type_;
  windows_for whom_{};
  caf::actor actor_;
  std::vector<routed_flow*> members_;  // by place; null: it was given up, or missed something
  std::vector<routed_flow*> missed_;   // while it is closing
  struct former {
    std::uint32_t place;  ///< theirs, unless they are in again
    std::vector<routed_flow*> flows;
    std::vector<routed_flow*> missed;  ///< may be among these flows, or former ones; given up
  };
  std::deque<former> out_;  // oldest first
  std::uint32_t fulls_ = 0;
  bool opened_ = false;  // somebody joined since it was closed
  bool closing_ = false;
  fold_window next_;
  bool sent_ = false;
  std::shared_ptr<lane_actor::pace> shown_ = std::make_shared<lane_actor::pace>();
  std::size_t known_folded_ = 0;                             // windows, at the last look
  std::deque<std::weak_ptr<const window_lease>> under_way_;  // the others
  timestamp under_way_since_{};                              // the first of them
};

}  // namespace millrace
