/// Of a flow type, what only a daemon counts.
#pragma once

#include "documents/event.hpp"
#include "service/gauges.hpp"

namespace millrace::service {

/// `batch_seconds` and `retries`, since the daemon began, into the figures of a type with a name.
void add_batch_seconds(const gauges& from, documents::json& to);

}  // namespace millrace::service
