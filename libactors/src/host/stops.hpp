/// Flows that stop, told as it happens.
#pragma once

#include <functional>
#include <string>

#include "millrace/host.hpp"

namespace millrace {

/// A flow that stopped on an event, or a type whose routing did.
struct stopped_flow {
  flow_key key;
  position at;
  std::string message;
  position tail;  ///< of the timeline when that was written
};

/// Tells each stop when it is durable; one that is known may be told again. On the committing
/// thread: `told` must be quick, and must neither throw nor call the host. The host stays open for
/// as long as the subscription. Errors: closed.
[[nodiscard]] result<subscription> watch_stops(host& over,
                                               std::function<void(const stopped_flow&)> told);

}  // namespace millrace
