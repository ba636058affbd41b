/// The work of the flows of harness/history.hpp as loops by hand: read, decode once, count for
/// three keys, save all counts. No framework.
#pragma once

#include <cstdint>
#include <filesystem>

namespace millrace::bench::bare {

struct folded {
  double seconds = 0;
  std::uint64_t events = 0;
  std::uint64_t instances = 0;
};

/// A std::unordered_map from key to state, an event at a time.
folded fold_plainly(const std::filesystem::path& events, const std::filesystem::path& into);

/// Blocks of 32 events: decoded into messages that are used again, all keys hashed, their places
/// prefetched, then looked up in a flat table and verified.
folded fold_tuned(const std::filesystem::path& events, const std::filesystem::path& into);

/// The same with a thread that reads and decodes, and one that looks up, folds and saves: what two
/// cores allow who keeps neither inboxes nor checkpoints, and does not have to go on after a crash.
folded fold_on_two_threads(const std::filesystem::path& events, const std::filesystem::path& into);

}  // namespace millrace::bench::bare
