/// Everything that one actor of the engine tells another, in the order of an event's life.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/caf_shim.hpp"
#include "engine/engine.hpp"
#include "engine/lease.hpp"
#include "engine/requests.hpp"
#include "store/builds.hpp"

namespace millrace {

// To the router.

struct committed_news {
  std::shared_ptr<const committed> what;
};
/// Go on with what is left to route; one under way at a time.
struct pump {};
/// The write of derived data ended.
struct derived_written {
  std::optional<error> failed;
};
struct router_tick {};
/// What was to be read ahead.
struct window_read {
  std::shared_ptr<const window> events;
};
/// A flow has read all that the store holds after `after`: what next? The answer is for the actor
/// that asked: by then the flow may have another one, which is elsewhere.
struct take_on {
  caf::actor asker;
  flow_number flow{};
  std::optional<position> after;
};
/// A flow reads from the store now: push nothing.
struct fell_behind {
  flow_number flow{};
};
/// A flow needs its postings in the store; who asked is answered with postings_written.
struct need_postings {
  caf::actor asker;
  flow_number flow{};
  position through;
};
/// A flow committed, and somebody watches.
struct progressed {
  flow_number flow{};
};
/// A flow stopped on an error, or has nothing more to do here; its actor is to be unloaded.
struct flow_left {
  flow_number flow{};
  bool stopped = false;
};
struct timers_settled {};

/// A call from outside with its answer; the router makes it when it can.
template <class Answer>
using answer_to = std::function<void(result<Answer>)>;

// A call that may take long goes with its caller: expired, the caller gave up, and it is forgotten.

struct wait_call {
  std::shared_ptr<answer_to<void>> answer;
  std::weak_ptr<const void> caller;
  position at;
};
struct caught_up_call {
  std::shared_ptr<answer_to<void>> answer;
  std::weak_ptr<const void> caller;
};
/// What is routed and not yet handled: for read() and its scanned position.
struct inspect_call {
  std::shared_ptr<answer_to<engine_inspection>> answer;
  flow_key key;
};
using unwritten_flows = engine_unwritten;
struct unwritten_call {
  std::shared_ptr<answer_to<unwritten_flows>> answer;
};
/// The postings of the flow up to `through` are in the store when this is answered.
struct write_call {
  std::shared_ptr<answer_to<void>> answer;
  flow_key key;
  build_number build = first_build;
  position through;
};
/// What is routed is in the store when this is answered; with what the flow has done, if a key is
/// given and it is in memory.
struct statistics_call {
  std::shared_ptr<answer_to<std::optional<flow_activity>>> answer;
  std::optional<flow_key> key;
};
struct loads_call {
  std::shared_ptr<answer_to<engine_loads>> answer;
  std::vector<flow_number> flows;
};
struct repair_call {
  std::shared_ptr<answer_to<void>> answer;
  flow_key key;
  repair_order order;
};
/// A repair ended: what it stood in the way of may go on.
struct repaired {};
/// Puts mended derived data in the place of what is stored.
struct mend_call {
  std::shared_ptr<answer_to<mend_outcome>> answer;
  std::shared_ptr<mend_request> request;
};
/// An append under the condition of a flow's latest position.
struct conditional_append_call {
  std::shared_ptr<append_request> request;
};
struct import_call {
  std::shared_ptr<import_request> request;
};
/// What became of an import.
struct import_ended {
  std::shared_ptr<completion<void>> answer;
  std::vector<flow_key> enlisted;
  std::vector<former_row> rows;  ///< that it made
  std::optional<error> failed;
};
/// The turn of a flow that another process hosts.
struct foreign_call {
  std::shared_ptr<flow_commit> request;
};
/// Lets the flows of an imported type run here.
struct adopt_call {
  std::shared_ptr<answer_to<std::uint64_t>> answer;
  std::string type;
  bool decided_elsewhere = false;  ///< what its flows decided is imported
};
/// Shows the newest build of a type instead of the one that is served.
struct switch_call {
  std::shared_ptr<answer_to<switch_report>> answer;
  std::string type;
  bool drop_old = false;
};
/// Begins all flows of a type anew, by one scan of the timeline.
struct type_reset_call {
  std::shared_ptr<answer_to<void>> answer;
  std::string type;
  bool accept_history = false;
  bool adopts = false;  ///< what came with an import, instead of what ran here
};
/// Lag contracts, by index of the interest table.
struct lag_call {
  std::shared_ptr<answer_to<void>> answer;
  std::vector<std::uint64_t> by_type;
};
/// Builds to be dropped as soon as nothing of them is in memory.
struct drop_call {
  std::vector<build_name> builds;
  std::function<void()> then;
};
/// Wants one tail_moved when the tail is past `seen`.
struct watch_tail {
  caf::actor watcher;
  position seen;
};
/// No more deliveries; flows finish what they are at; answered when all have.
struct drain_call {
  std::shared_ptr<answer_to<void>> answer;
};

// To the reader of windows.

/// As many as a window may have of [from, to).
struct read_ahead {
  position from;
  position to;
};

// To a flow.

/// Entries [first, first + count) of a window.
struct deliver {
  std::shared_ptr<window_lease> lease;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::optional<position> previous;
  position last;
  bool more = false;  ///< further windows are at hand
};
/// The answer to take_on.
struct taken_on {
  bool read_again = false;         ///< the store holds more by now
  bool live = false;               ///< deliveries follow these
  std::vector<posting> unwritten;  ///< the next ones, from the router's memory
};
/// The router has stopped pushing: read the rest from the store.
struct no_room {};
/// Nothing more is on its way, whatever the last delivery said.
struct ran_dry {};
struct postings_written {};
/// Another inbox is stored now: what was delivered before is void.
struct inbox_replaced {};
struct commit_done {
  std::optional<error> failed;
};
struct flow_tick {
  std::uint64_t generation = 0;
};
struct unload {};
struct drain {};

// To a lane, which does them one after the other; and from it.

/// A flow that joins, at the next place, since the window has something for it.
struct lane_member {
  flow_entry flow;
  bool fresh = false;                 ///< new in the directory: there is no checkpoint to load
  std::optional<position> previous;   ///< its posting before what it joins with
  std::vector<former_build> formers;  ///< as flow_actor::start has them
  bool accepts_recorded = false;
};
/// Entries [first, first + count) of the window.
struct lane_delivery {
  std::uint32_t place = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};
struct fold_window {
  std::shared_ptr<window_lease> lease;  ///< let go of when it is folded
  std::vector<lane_member> joining;
  std::vector<lane_delivery> deliveries;
};
/// Commit what is folded, and forget all flows; places begin at 0 again.
struct empty_lane {
  bool closes = false;  ///< what comes afterwards is another opening
};
/// Its slice is over; one under way at a time.
struct fold_on {};
/// Of what the lane committed nothing is under way any more, or so little that more may follow.
struct lane_committed {};
struct lane_tick {};
/// What a lane has committed is durable.
struct lane_news {
  std::uint32_t type = 0;  ///< index in the interest table
  bool closed = false;
  bool emptied = false;                                     ///< the oldest empty_lane is done
  bool is_slow = false;                                     ///< its handlers take too long for it
  std::vector<std::pair<flow_key, build_number>> given_up;  ///< have to be woken
};

// To a subscriber, and to the schedule.

struct tail_moved {};
struct read_on {};
struct timers_changed {
  std::shared_ptr<const committed> what;
};
struct timer_tick {
  std::uint64_t generation = 0;
};
struct timers_fired {
  std::vector<position> due;
  std::optional<error> failed;
};

/// In tests the journal works when this comes.
struct work {};

}  // namespace millrace

// A line each, so that two changes do not meet.
// clang-format off
#define MILLRACE_MESSAGES(each) \
  each(committed_news) \
  each(pump) \
  each(derived_written) \
  each(router_tick) \
  each(window_read) \
  each(read_ahead) \
  each(take_on) \
  each(fell_behind) \
  each(need_postings) \
  each(progressed) \
  each(flow_left) \
  each(timers_settled) \
  each(wait_call) \
  each(caught_up_call) \
  each(inspect_call) \
  each(write_call) \
  each(repair_call) \
  each(repaired) \
  each(unwritten_call) \
  each(conditional_append_call) \
  each(statistics_call) \
  each(import_call) \
  each(import_ended) \
  each(adopt_call) \
  each(switch_call) \
  each(type_reset_call) \
  each(lag_call) \
  each(watch_tail) \
  each(drain_call) \
  each(deliver) \
  each(taken_on) \
  each(no_room) \
  each(ran_dry) \
  each(postings_written) \
  each(commit_done) \
  each(flow_tick) \
  each(unload) \
  each(drain) \
  each(mend_call) \
  each(inbox_replaced) \
  each(tail_moved) \
  each(read_on) \
  each(timers_changed) \
  each(timer_tick) \
  each(timers_fired) \
  each(loads_call) \
  each(foreign_call) \
  each(fold_window) \
  each(fold_on) \
  each(empty_lane) \
  each(lane_committed) \
  each(lane_tick) \
  each(lane_news) \
  each(work)

// clang-format on

#define MILLRACE_ADD_TYPE_ID(name) CAF_ADD_TYPE_ID(millrace, (millrace::name))
#define MILLRACE_ALLOW_UNSAFE(name) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::name)

// Far from a service's own first block, which usually begins at first_custom_type_id.
CAF_BEGIN_TYPE_ID_BLOCK(millrace, caf::first_custom_type_id + 7000)
MILLRACE_MESSAGES(MILLRACE_ADD_TYPE_ID)
CAF_END_TYPE_ID_BLOCK(millrace)

MILLRACE_MESSAGES(MILLRACE_ALLOW_UNSAFE)
