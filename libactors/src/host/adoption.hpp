/// What adopting an imported flow type does: to its flows, and to the schedule.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/overview.hpp"
#include "millrace/envelope.pb.h"
#include "millrace/host.hpp"
#include "millrace/result.hpp"
#include "store/store.hpp"

namespace millrace {

/// Imported timers that nothing keeps inert once `type` is adopted: all flow types that they reach
/// run here then. One that reaches nobody waits until no type is inert.
struct adoption_plan {
  std::vector<schedule_entry> overdue;  ///< due at `now` or before
  std::vector<schedule_entry> later;

  /// What it comes to when so many flows have something waiting.
  [[nodiscard]] adoption outcome(std::uint64_t flows, std::optional<overdue_timers> what) const;
};

/// Reads the inert part of the schedule and its events. Errors: not_found (no such type), conflict
/// (it runs here, and no timer waits for it), those of the store; corrupt.
[[nodiscard]] result<adoption_plan> plan_adoption(const store& from, const std::string& type,
                                                  timestamp now);

/// Flows of an inert type by their keys: the last position that made each emit, before it came
/// here.
using last_causes = std::unordered_map<std::string, position>;

/// Reads what was imported from exports of a millrace store, if anything was; nothing of a type
/// that runs here. Errors: those of the store.
[[nodiscard]] result<last_causes> imported_decisions(const store& from, const std::string& type);

/// Whether a timer that is missing would be inert: an import brought it, and a type that it reaches
/// is not adopted. Errors: those of the store.
[[nodiscard]] result<bool> waits_for_adoption(const store& from, position at,
                                              const v1::Envelope& envelope);

/// What waits for one flow.
struct waiting_flow {
  flow_key key;
  std::uint64_t events = 0;
};
/// The flows of a type that have something waiting, in order of ids. Costs what is pending.
[[nodiscard]] result<std::vector<waiting_flow>> waiting_flows(const overview& now,
                                                              std::string_view type);

}  // namespace millrace
