/// What the journal is asked to make durable. Each request is all or nothing; one commit covers
/// many.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/once.hpp"
#include "flow/runner.hpp"
#include "millrace/host.hpp"
#include "store/store.hpp"

namespace millrace {

/// Called once, on a thread of the journal, after the flush or the refusal, or on that of a refused
/// caller. Must not block or throw.
template <class T>
using completion = std::function<void(result<T>)>;

/// Events from outside; already checked by type_registry::check.
struct append_request {
  std::vector<new_event> events;
  append_condition condition;
  /// With condition.flow_latest: the router found it to hold for all events before this position.
  position routed;
  /// Or not to hold, and why. Left to the journal, because a repeat by id is no conflict.
  std::optional<error> conflict;
  bool compares = false;  ///< an id that stands for another event is a conflict, not a repeat
  std::size_t size = 0;   ///< bytes, for the bound of the queue
  bool admitted = false;  ///< has its room in the queue already: journal::admit
  once<result<std::vector<position>>> done;
};

/// An event that another process decided on.
struct foreign_reaction {
  new_event what;  ///< checked as an append is; has a cause and no id
  std::uint32_t ordinal = 0;
  std::uint32_t depth = 0;
};

/// A flow's turn: checkpoint, state, reactions and cancellations.
struct flow_commit {
  flow_number flow{};
  flow_key key;
  std::optional<position> expected;  ///< the checkpoint's position before: the fence
  turn decided;
  completion<void> done;
  /// What the flow's own events come to, and would again: without reactions and cancellations it
  /// need not be flushed. Not so what somebody ordered.
  bool follows = false;
  /// Set: another process hosts the flow, and these are its reactions, instead of those of the
  /// turn. It is told of a full disk as those are who append.
  std::optional<std::vector<foreign_reaction>> elsewhere = {};
};

/// What somebody wants done about one flow, or about a type whose routing is parked.
struct repair_order {
  enum class kind {
    retry,  ///< try the failed event again
    skip,   ///< pass it by, and record that
    reset,  ///< begin anew from the first event
  };
  kind what = kind::retry;
  bool accept_history = false;  ///< of a reset: take the recorded reactions instead of comparing
};

/// The router's progress: directory entries (at once), postings and the rest (now and then).
struct derived_commit {
  commit_batch part;
  completion<void> done;  ///< may be empty
};

/// Timers that are due. Those that left the schedule meanwhile are passed over.
struct fire_request {
  std::vector<position> due;
  completion<void> done;
};

/// A flow's checkpoint as another system had it.
struct imported_checkpoint {
  flow_key key;
  v1::Checkpoint checkpoint;
  std::string state;
  flow_number flow{};  ///< filled in by the router
};

/// A stretch of a history from elsewhere: all or nothing, in order. Types that it names, and that
/// have no flows here, become inert.
struct import_request {
  std::shared_ptr<const void> owner;      ///< of the texts that `events` views
  event_rows events;                      ///< ascending, from the tail on
  std::vector<remembered_id> ids;         ///< of those events
  std::vector<schedule_entry> scheduled;  ///< of those events; they become inert
  std::vector<position> unscheduled;      ///< these leave the schedule: fired, or cancelled
  std::vector<imported_checkpoint> checkpoints;
  /// All flow types that explicit routes of the events, or the checkpoints, name.
  std::vector<std::string> flow_types;
  std::optional<v1::Import> progress;  ///< how far the source is imported with this
  std::uint64_t continues_at = 0;      ///< and its offset before: the fence
  // Filled in by the router.
  std::vector<flow_entry> flows;
  std::vector<v1::FlowType> rows;
  completion<void> done;
};

/// A type's row before an import made it another one; none: it had none.
struct former_row {
  v1::FlowType made;
  std::optional<v1::FlowType> former;
};

/// Imported timers that wait no longer; or a schedule that is not what the timeline says.
struct timers_request {
  std::vector<schedule_entry> activated;  ///< fire when they are due
  std::vector<position> skipped;          ///< are taken off instead; at most limits::fire_batch_max
  // What a rebuild found: changes that follow from events which are there already.
  std::vector<position> removed;
  std::vector<schedule_entry> added;
  completion<void> done;
};

/// Everything but appends, which are many and small: encoded_append.hpp.
using journal_request =
    std::variant<flow_commit, derived_commit, fire_request, import_request, timers_request>;

/// What one commit changed on the timeline and the schedule. Shared, immutable.
struct committed {
  position begin, end;
  event_rows events;  ///< view what `owners` hold
  std::vector<std::shared_ptr<const void>> owners;
  /// False: the feed was full; read [begin, end) from the store.
  bool in_memory = true;
  std::size_t size = 0;
  std::vector<schedule_entry> scheduled;
  std::vector<position> unscheduled;
};

}  // namespace millrace
