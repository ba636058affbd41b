/// Anybody who may append can name flow types: what is shown for each has a bound.
#pragma once

#include <vector>

#include "host/overview.hpp"
#include "millrace/statistics.hpp"

namespace millrace::service {

/// The row of those that are left out, together.
inline constexpr const char* other_types = "(others)";

/// All types of this program, and limits::other_types_max of the others, the first by name; the
/// rest is one row. Pure.
void keep_few(std::vector<flow_statistics>& types, const known_types& known);

}  // namespace millrace::service
