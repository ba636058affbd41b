/// What millrace stores of a history, by hand on one thread: a row for each flow with its key,
/// which is unique, and its inbox, the positions of all its events; and all pairs of a cause and
/// its effect. That is what reading, resetting or explaining one flow is about, and what the loops
/// of fold.hpp do not have. Nothing is kept to go on from after a crash: all is one transaction.
#pragma once

#include <filesystem>

#include "bare/fold.hpp"

namespace millrace::bench::bare {

/// The inboxes of events with explicit routes, whose payloads are not decoded.
folded build_inboxes(const std::filesystem::path& events, const std::filesystem::path& into);

/// The loop of fold_tuned, with inboxes and pairs besides.
folded fold_with_inboxes(const std::filesystem::path& events, const std::filesystem::path& into);

}  // namespace millrace::bench::bare
