/// An event and the reaction to it by hand: two commits, one after the other.
#pragma once

#include <cstddef>
#include <vector>

namespace millrace::bench::bare {

/// Microseconds of each of so many pairs of commits: an event; then the event it leads to, with a
/// checkpoint. SQLite's own checkpoints of the WAL, at 4 MiB, fall where they fall.
std::vector<double> pairs_of_commits(std::size_t count);

/// The same for events that are due at a rate (a second), whatever became of those before: all that
/// are due go into a pair of commits together. Microseconds of each event, from when it was due.
std::vector<double> pairs_of_what_is_due(double rate, std::size_t count);

}  // namespace millrace::bench::bare
