/// Derived data, built again from the timeline.
#pragma once

#include "host/comparison.hpp"
#include "host/host_parts.hpp"

namespace millrace {

struct rebuild_settings {
  rebuild_limits may_use = {};
  finding_sink report = [](const std::string&, const std::string&) {};  ///< each difference
  progress_teller tell = {};
};

/// Compares and reports; for anyone who can read the store.
[[nodiscard]] result<rebuild_counts> compare_derived(const store& from, const known_types& types,
                                                     const rebuild_settings& options);

/// Compares what an open host has stored, and mends what differs, while it goes on. Each inbox and
/// each span of the cause index is replaced in one transaction; interrupted, what was not replaced
/// is as it was. A second call finds nothing. Any thread that may wait; not from a handler. Errors:
/// those of the store; closed.
[[nodiscard]] result<rebuild_counts> rebuild(host::parts& of, const rebuild_settings& options);

}  // namespace millrace
