/// Of a flow type, what only a daemon counts.
#pragma once

#include "documents/event.hpp"
#include "service/gauges.hpp"

namespace millrace::service {

/// `{"p50":…,"p95":…,"p99":…}`, null: there was none.
[[nodiscard]] documents::json json_of(const gauges::quantiles& of);

/// `batch_events` and `batch_seconds` of the last minute, and `retries` since the daemon began,
/// into the figures of a type with a name.
void add_batches(const gauges& from, documents::json& to);

}  // namespace millrace::service
