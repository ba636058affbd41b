/// Brings a flow instance back to its checkpoint.
#pragma once

#include "flow/runner.hpp"
#include "store/store.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

/// Whether the stored state is older than the checkpoint, so that the inbox between them has to be
/// replayed: then postings up to the checkpoint must be in the store first.
[[nodiscard]] bool needs_replay(const v1::Checkpoint& checkpoint);

/// Loads the snapshot into `into` and replays the inbox from there to the checkpoint, silently:
/// folds only. Errors: those of the store; corrupt. `of` is what `into` runs. The postings up to
/// the checkpoint must be in the store.
result<void> recover(const store& stored, const type_registry& types, const flow_type& of,
                     const flow_entry& flow, const loaded_flow& loaded, runner& into);

}  // namespace millrace
