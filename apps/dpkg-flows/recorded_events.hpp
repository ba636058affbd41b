/// Reads what is on the timeline, from one position to its end.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "millrace/host.hpp"

namespace dpkg_flows {

/// Calls `visit` for each event of these types from `from` on, in order, until nothing more is
/// there at the moment or `visit` returns false. Runs in a thread of the host; returns when it is
/// over.
void each_recorded(millrace::host& host, millrace::position from, std::vector<std::string> types,
                   const std::function<bool(const millrace::event&)>& visit);

}  // namespace dpkg_flows
