/// What adopting an imported flow type does to the schedule.
#pragma once

#include <string>
#include <vector>

#include "millrace/result.hpp"
#include "store/store.hpp"

namespace millrace {

/// Imported timers that nothing keeps inert once `type` is adopted: all flow types that they reach
/// run here then. One that reaches nobody waits until no type is inert.
struct adoption_plan {
  std::vector<schedule_entry> overdue;  ///< due at `now` or before
  std::vector<schedule_entry> later;
};

/// Reads the inert part of the schedule and its events. Errors: those of the store; corrupt.
[[nodiscard]] result<adoption_plan> plan_adoption(const store& from, const std::string& type,
                                                  timestamp now);

}  // namespace millrace
