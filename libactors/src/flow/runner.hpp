/// What happens inside one flow instance: events in, state and decisions out. No threads, no clock.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/checkpoint.pb.h"
#include "millrace/flow.hpp"
#include "millrace/result.hpp"

namespace millrace {

/// One entry of an inbox with its event.
struct observation {
  const event* what = nullptr;
  bool starts = false;
};

/// An event that a topic decided to append, before it has a position.
struct reaction {
  std::string type;
  std::string payload;
  position cause;
  std::uint32_t ordinal = 0;
  std::optional<timestamp> due;
  std::string correlation_id;  ///< handed on from the cause
  std::string user;            ///< handed on from the cause
  std::uint32_t depth = 0;     ///< the cause's, plus one
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
  std::optional<failure> failed;  ///< the event after the handled ones
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
class runner {
 public:
  runner(const flow_type& type, flow_key key);

  /// Begins from what is stored. Before the first event: a default checkpoint and an empty state.
  /// Errors: corrupt (the state does not decode).
  result<void> load(const v1::Checkpoint& checkpoint, std::string_view state);

  /// Silent replay of one event in (snapshot, position]: folds it and the recorded emissions that it
  /// caused (those of this flow, in order of ordinals), and calls no when. Errors: corrupt (a handler
  /// threw that did not throw before).
  result<void> replay(const observation& seen, std::span<const event> own_emissions);

  /// Observes events in order until the end or the first that fails. After a failure the instance is
  /// spent: load again, and run the `handled` events before it again; they come to the same result.
  [[nodiscard]] turn run(std::span<const observation> seen);

  /// A checkpoint that passes `at` by without observing it, and records why.
  [[nodiscard]] turn skip(position at, std::string message);

  [[nodiscard]] const v1::Checkpoint& checkpoint() const { return checkpoint_; }
  [[nodiscard]] bool alive() const { return checkpoint_.has_life(); }
  /// Null: keeps none.
  [[nodiscard]] const google::protobuf::Message* state() const;

 private:
  const flow_type& type_;
  flow_key key_;
  v1::Checkpoint checkpoint_;
  std::unique_ptr<flow_instance> instance_;
};

}  // namespace millrace
