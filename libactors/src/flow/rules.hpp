/// What of an instance's inbox reaches a handler. The rules that deciding and folding share.
#pragma once

#include "millrace/checkpoint.pb.h"
#include "millrace/event.hpp"
#include "millrace/flow.hpp"

namespace millrace::rules {

/// The firing of a timer that this flow set.
[[nodiscard]] bool is_own_firing(const event& what, const flow_key& self);

/// When that event made the flow set the timer, `life` had not begun.
[[nodiscard]] bool is_of_former_life(const event& firing, position life);

/// The timer was cancelled in this life while its firing was on its way.
[[nodiscard]] bool is_cancelled(const event& firing, const v1::Checkpoint& checkpoint);

/// An unscheduled emission of this life of the flow: its given ran right after its cause.
[[nodiscard]] bool is_folded_before(const event& what, const flow_key& self, position life);

/// Whether route() sends an emission of the instance to itself.
[[nodiscard]] bool reaches_self(const flow_type& type, std::size_t observed, const event& what,
                                const flow_key& self);

/// Somebody had the flow pass this event by.
[[nodiscard]] bool is_skipped(const v1::Checkpoint& checkpoint, position at);

/// Up to `replay_until` what was decided before is on the timeline already.
[[nodiscard]] bool is_deciding_again(const v1::Checkpoint& checkpoint, position at);

}  // namespace millrace::rules

namespace millrace {

/// Whether it says anything: it was committed once.
[[nodiscard]] bool has_begun(const v1::Checkpoint& checkpoint);

/// What a flow begins anew from: nothing, but a generation of its own, and what was skipped. A
/// topic decides again up to where it was.
[[nodiscard]] v1::Checkpoint reset_checkpoint(const v1::Checkpoint& now, const flow_type& type,
                                              bool accept_history);

}  // namespace millrace
