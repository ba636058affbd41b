/// What a store holds of the schedule, against what its timeline gives.
#pragma once

#include <cstdint>
#include <vector>

#include "host/verify_timeline.hpp"
#include "store/store.hpp"

namespace millrace {

struct timer_mends {
  std::vector<position> removed;  ///< before the others are added: an entry may be in both
  std::vector<schedule_entry> added;
};

/// Compares with `outstanding`: what events before `end` put on the schedule and did not take off
/// it, ascending; what comes after them is read here. What a running host changes meanwhile is not
/// looked at. Reports `timer 17`, and what is wrong; gives what mends it, and in `count` how many
/// entries were compared. Memory: as many entries. Errors: those of the store.
[[nodiscard]] result<timer_mends> compare_schedule(const store& from, position end,
                                                   std::vector<position> outstanding,
                                                   const finding_sink& report,
                                                   std::uint64_t& count);

}  // namespace millrace
