/// What must hold of a store after any history, said without the engine.
#pragma once

#include <string>
#include <vector>

#include "scans/expected.hpp"
#include "shop_run.hpp"
#include "store/store.hpp"

namespace millrace::simulation {

/// The recorded timeline before `end` without the system's own events, for scans::expected.
[[nodiscard]] std::vector<scans::recorded_event> recorded(host_test& test, position end);

/// The flows of the builds that run, as stored; nothing runs meanwhile.
[[nodiscard]] std::vector<flow_row> stored_flows(host_test& test);

/// What each flow was made to pass by, as its checkpoint says.
[[nodiscard]] scans::skipped_events skipped(host_test& test);
/// The same of what reads show, which is a former build until the one that runs has caught up.
[[nodiscard]] scans::skipped_events skipped_as_served(host_test& test);

/// Everything that is wrong when nothing is left to do, one sentence each.
[[nodiscard]] std::vector<std::string> findings(shop_run& run);

}  // namespace millrace::simulation
