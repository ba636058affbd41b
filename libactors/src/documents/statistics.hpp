/// Statistics as documents.
#pragma once

#include <string>
#include <vector>

#include "documents/event.hpp"
#include "documents/source.hpp"
#include "millrace/statistics.hpp"

namespace millrace::documents {

/// `with_activity`: they come from a running host.
[[nodiscard]] json json_of(const flow_statistics& of, timestamp now, bool with_activity);
/// Of a running host: a value for each type, and one for all.
[[nodiscard]] json json_of(const host_statistics& of);

}  // namespace millrace::documents
