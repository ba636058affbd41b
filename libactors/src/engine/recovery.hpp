/// Brings a flow instance back to its checkpoint.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "flow/runner.hpp"
#include "store/builds.hpp"
#include "store/store.hpp"
#include "wire/type_registry.hpp"
#include "wire/window.hpp"

namespace millrace {

/// Whether the stored state is older than the checkpoint, so that the inbox between them has to be
/// replayed: then postings up to the checkpoint must be in the store first.
[[nodiscard]] bool needs_replay(const v1::Checkpoint& checkpoint);

/// A slice of an inbox with its events.
struct read_events {
  std::shared_ptr<const window> events;  ///< what is seen lives here
  std::vector<observation> seen;
};
/// Errors: those of the store; corrupt (an event is missing).
result<read_events> read_inbox(const store& stored, const type_registry& types, const flow_key& key,
                               std::span<const posting> slice);

/// Postings of the flow after a position (none: all), in order, at most so many.
using inbox_reader =
    std::function<result<std::vector<posting>>(std::optional<position> after, std::size_t limit)>;

/// Loads the snapshot into `into` and replays the inbox from there to the checkpoint, silently:
/// folds only. Errors: those of the store; corrupt. `of` is what `into` runs. Without an `inbox`
/// the postings up to the checkpoint must be in the store.
result<void> recover(const store& stored, const type_registry& types, const flow_type& of,
                     const flow_entry& flow, const loaded_flow& loaded, runner& into,
                     const inbox_reader& inbox = {});

/// Of a flow that has no checkpoint yet: what it begins from. When its type began anew, it goes on
/// from what it was in a former build. `formers`: newest first. Errors: those of the store.
result<loaded_flow> first_checkpoint(const store& stored, const flow_type& of,
                                     const flow_entry& flow, std::span<const former_build> formers,
                                     bool accepts_recorded);

}  // namespace millrace
