/// The causes above an event and everything it led to, as data.
#pragma once

#include <string>
#include <vector>

#include "documents/event.hpp"

namespace millrace::documents {

struct trace_limits {
  std::uint64_t position = 0;
  std::uint64_t limit = 1000;  ///< events shown below the one asked about
  std::uint64_t depth = 50;    ///< levels above and below it
};

struct traced_event {
  shown_event event;
  std::size_t level = 0;             ///< causes between it and the event asked about
  std::vector<std::size_t> effects;  ///< indexes into trace_report::below, ascending positions
  std::uint64_t hidden = 0;          ///< effects that are not shown
};

struct trace_report {
  std::vector<shown_event> above;   ///< the first cause first
  bool above_cut = false;           ///< that one has a cause too
  std::vector<traced_event> below;  ///< [0] is the event asked about
  [[nodiscard]] std::uint64_t hidden() const;
};

/// Bounded by `options`: the nearest causes, and effects level by level. Also where the cause index
/// is not written yet. Errors: not_found; those of the store.
[[nodiscard]] result<trace_report> trace_events(const millrace::store& from,
                                                const type_registry& types,
                                                const trace_limits& options);

/// A line of JSON for each event: those above, the event, those below.
[[nodiscard]] std::vector<std::string> lines_of(const trace_report& report);

}  // namespace millrace::documents
