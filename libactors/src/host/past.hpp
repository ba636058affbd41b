/// One flow as it was, and as it would be: read only, beside a running host too.
#pragma once

#include <optional>
#include <string>

#include "engine/recovery.hpp"
#include "flow/runner.hpp"
#include "host/overview.hpp"

namespace millrace {

/// The stored state of a flow, and the type that runs it.
struct flow_at_rest {
  const flow_type* type = nullptr;
  flow_entry entry;
  loaded_flow loaded;
};
/// Errors: unknown_type (the program does not have its type), those of the store.
[[nodiscard]] result<flow_at_rest> load_flow(const store& from, const overview& now,
                                             const flow_view& view);

struct past_view {
  bool alive = false;
  std::optional<position> life;      ///< where the life began that it was in
  std::optional<position> ended;     ///< where the last life before had ended; only while not alive
  std::optional<std::string> state;  ///< deterministic bytes; none: keeps none, or was not alive
};

/// The flow after everything up to `at`. Folds what is recorded, from the nearest state that is
/// known; decides nothing. `now` watches the whole inbox of the flow. Errors: not_found (no such
/// position; or what is kept does not reach so far back), conflict (the flow has not come so far),
/// unknown_type, corrupt, those of the store.
[[nodiscard]] result<past_view> look_back(const store& from, const overview& now,
                                          const flow_view& view, position at);

/// The same for one that has come to `end`: from what was loaded, and its inbox, which holds all up
/// to there.
[[nodiscard]] result<past_view> fold_back(const store& from, const type_registry& types,
                                          const flow_at_rest& flow, position end,
                                          const inbox_reader& inbox);

/// What the present code makes of one event.
struct what_if_report {
  position at;                        ///< of the event
  std::optional<std::string> failed;  ///< none: it is handled
  bool passes_by = false;             ///< nobody is alive to see it
  turn decided;                       ///< of the event; where it decides again, as if it did not
  bool alive = false;                 ///< afterwards
  std::optional<std::string> state;   ///< deterministic bytes; none: keeps none, not alive, failed
};

/// Runs the event that the flow failed on, or else the next that waits, on the stored state, and
/// saves nothing. `now` watches the whole inbox. Errors: conflict (nothing waits),
/// unknown_type, corrupt (the stored state cannot be brought to the checkpoint), those of the
/// store.
[[nodiscard]] result<what_if_report> what_if(const store& from, const overview& now,
                                             const flow_view& view);

}  // namespace millrace
