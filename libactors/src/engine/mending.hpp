/// Derived data that a rebuild found to be wrong, and what takes its place.
#pragma once

#include <optional>
#include <vector>

#include "routing/routing_plan.hpp"
#include "store/store.hpp"

namespace millrace {

/// An inbox as it must be, before a position.
struct inbox_mend {
  flow_key key;
  build_number build = first_build;
  posting_run postings;          ///< all before `until`
  std::optional<position> born;  ///< none: no `starts` has reached it yet
  position until;
  /// It has no checkpoint: if nothing is routed to it, its directory entry goes.
  bool may_be_erased = false;
  /// Of a flow whose directory entry is lost, and its checkpoint with it: the last event that made
  /// it emit anything. Up to there it decides again; none: it never did.
  std::optional<position> decided_until = {};
};

/// The effects of the causes of one span, before a position.
struct effects_mend {
  std::uint64_t span = 0;
  std::vector<effect> effects;
  position until;
};

struct mend_request {
  std::vector<inbox_mend> inboxes;
  std::vector<effects_mend> effects;
  std::vector<flow_number> orphans;  ///< stored without a directory entry
  [[nodiscard]] bool empty() const { return inboxes.empty() && effects.empty() && orphans.empty(); }
};

/// Moves a request on to a later moment of routing: reads what was routed since. Errors: those of
/// the store.
result<void> bring_up(mend_request& request, const store& stored, const routing_plan& to);

/// How many positions bring_up() would read at most.
[[nodiscard]] std::uint64_t distance(const mend_request& request, const routing_plan& to);

}  // namespace millrace
