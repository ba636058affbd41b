/// An event and the reaction to it by hand: two commits, one after the other.
#pragma once

#include <cstddef>
#include <vector>

namespace millrace::bench::bare {

/// Microseconds of each of so many pairs of commits: an event; then the event it leads to, with a
/// checkpoint. SQLite's own checkpoints of the WAL, at 4 MiB, fall where they fall.
std::vector<double> pairs_of_commits(std::size_t count);

}  // namespace millrace::bench::bare
