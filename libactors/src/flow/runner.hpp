/// What happens inside one flow instance: events in, state and decisions out. No threads, no clock.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "flow/guarded.hpp"
#include "flow/state_saver.hpp"
#include "millrace/checkpoint.pb.h"
#include "millrace/flow.hpp"
#include "millrace/result.hpp"

namespace millrace {

/// One entry of an inbox with its event.
struct observation {
  const event* what = nullptr;
  bool starts = false;
  /// What this flow is recorded to have emitted because of it, in order of ordinals. Needed by a
  /// topic where it replays or decides again; elsewhere nobody looks at it.
  std::span<const event> recorded = {};
};

/// An event that a topic decided to append, before it has a position.
struct reaction {
  std::string type;
  std::string payload;
  position cause;
  std::uint32_t ordinal = 0;
  std::optional<timestamp> due;
  std::string correlation_id;                             ///< handed on from the cause
  std::string user;                                       ///< handed on from the cause
  std::uint32_t depth = 0;                                ///< the cause's, plus one
  const google::protobuf::Descriptor* message = nullptr;  ///< of the payload; may be null
};

/// Timers of the instance that leave the schedule: of one event type, or (empty) all of them.
struct cancellation {
  position cause;
  std::string type;
};

/// What a run of events came to. To be committed as one.
struct turn {
  std::size_t handled = 0;  ///< events wholly reflected in what follows
  struct failure {
    position at;
    std::string message;
  };
  std::optional<failure> failed;    ///< the event after the handled ones
  std::vector<reaction> reactions;  ///< in order of (cause, ordinal)
  std::vector<cancellation> cancellations;
  v1::Checkpoint checkpoint;         ///< after the handled events
  std::optional<std::string> state;  ///< deterministic bytes, when this checkpoint is a snapshot
};

/// One instance of a flow type: its state in memory, and the rules of design.md for what reaches a
/// handler. Owned by one flow actor; one thread at a time. Never does I/O.
///
/// A life begins with a `starts` and ends with done() or ends(). Outside of a life, joins pass by.
/// Inside one, these pass by or partly so:
///  - an own unscheduled emission whose cause belongs to this life: its given ran right after its
///    cause, so only its when runs;
///  - a firing of an own timer that was set in a former life, or that a later event cancelled.
///
/// Up to checkpoint.replay_until a topic decides again: what it decides is compared with what is
/// recorded, and a difference fails the event; or, with accept_recorded, it is asked for done() and
/// cancellations only. There a turn has no reactions and no cancellations.
/// docs/decisions/2026-11-26-deciding-again.md
class runner {
 public:
  runner(const flow_type& type, flow_key key);

  /// Begins from what is stored. Before the first event: a default checkpoint and an empty state.
  /// Errors: corrupt (the state does not decode).
  result<void> load(const v1::Checkpoint& checkpoint, std::string_view state);

  /// Silent replay of one event in (snapshot, position]: folds it and its recorded reactions, and
  /// calls no when. Errors: corrupt (a handler threw that did not throw before).
  result<void> replay(const observation& seen);

  /// Observes events in order until the end, the first that fails, or limits::turn_size_max of
  /// reactions, and adds what they come to to `made`, which may have begun with events before them:
  /// a turn goes on until close(). After a failure the turn has no state, and the instance is
  /// spent: load again, and run the events of the turn before the failed one again; they come to
  /// the same result.
  void run_on(std::span<const observation> seen, turn& made);
  /// The turn gets its checkpoint and, when it is time for a snapshot, its state. What is wrong
  /// with the state when it cannot be saved: then the instance is spent, and the next run looks at
  /// it after every event, so that it fails at the one that spoilt it.
  [[nodiscard]] std::optional<std::string> close(turn& made);
  /// Both. A state that cannot be saved fails the last event.
  [[nodiscard]] turn run(std::span<const observation> seen);

  /// A checkpoint that passes `at` by without observing it, and records why.
  [[nodiscard]] turn skip(position at, const std::string& message);

  [[nodiscard]] const flow_key& key() const { return key_; }
  [[nodiscard]] const v1::Checkpoint& checkpoint() const { return checkpoint_; }
  [[nodiscard]] bool alive() const { return checkpoint_.has_life(); }
  /// Null: keeps none.
  [[nodiscard]] const google::protobuf::Message* state() const;
  /// Asks for its memory, the runner itself being there: it runs soon.
  void expect_run() const { __builtin_prefetch(instance_.get()); }

 private:
  [[nodiscard]] bool only_folds() const;
  complaint fold(std::span<const observation>& rest, turn& made);
  complaint attempt(std::span<const observation>& rest, turn& made);
  complaint observe(const observation& seen, turn& made);
  complaint live_through(const observation& seen, bool begins, turn& made);
  complaint handle(const observation& seen, std::size_t observed, position life,
                   std::optional<reactions>& then, turn& made);
  complaint match(const observation& seen, const reactions* then,
                  std::span<const reaction> decided) const;
  complaint fold_own(const event& cause, const reactions& then, std::span<const reaction> recorded);
  complaint fold_recorded(const event& cause, std::span<const event> recorded);
  complaint inspect_state(bool saves);
  complaint refold(const observation& seen);
  void give(std::size_t observed, const event& what, position changes);

  [[nodiscard]] bool is_known(position at) const;
  [[nodiscard]] bool passes_by_as_void(const event& what, position life) const;

  void advance(position at);
  void begin_life(position at);
  void end_life(position at, std::vector<cancellation>* cancelled);
  void cancel(const reactions& then, position at, std::vector<cancellation>* cancelled);
  void remember_void(const event& firing, position life);
  void remember_skip(position at, const std::string& message);
  void finish(turn& made);
  void save_state(turn& made);

  const flow_type& type_;
  flow_key key_;
  v1::Checkpoint checkpoint_;
  std::unique_ptr<flow_instance> instance_;  ///< there while alive
  state_saver saver_;

  // Of the turn that is open.
  std::optional<position> touched_;  ///< where state was last folded, begun or dropped
  bool must_save_ = false;
  bool spent_ = false;    ///< a handler failed half-way
  bool careful_ = false;  ///< the state was found spoilt late: look after every event
};

}  // namespace millrace
