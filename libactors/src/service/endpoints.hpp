/// All calls, by what they are about.
#pragma once

#include <vector>

#include "service/call.hpp"

namespace millrace::service {

[[nodiscard]] std::vector<endpoint> append_endpoints();
[[nodiscard]] std::vector<endpoint> command_endpoints();
[[nodiscard]] std::vector<endpoint> event_endpoints();
[[nodiscard]] std::vector<endpoint> series_endpoints();
[[nodiscard]] std::vector<endpoint> query_endpoints();
[[nodiscard]] std::vector<endpoint> flow_endpoints();
[[nodiscard]] std::vector<endpoint> repair_endpoints();
[[nodiscard]] std::vector<endpoint> lease_endpoints();
[[nodiscard]] std::vector<endpoint> exchange_endpoints();
[[nodiscard]] std::vector<endpoint> job_endpoints();
[[nodiscard]] std::vector<endpoint> run_endpoints();
[[nodiscard]] std::vector<endpoint> process_endpoints();
[[nodiscard]] std::vector<endpoint> socket_endpoints();

/// In the order in which they are tried, and told by `/openapi.json`.
[[nodiscard]] std::vector<endpoint> all_endpoints();

}  // namespace millrace::service
