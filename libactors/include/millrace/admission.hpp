/// Lag contracts: appends from outside wait for flows that are too far behind.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "millrace/result.hpp"
#include "millrace/types.hpp"

namespace millrace {

class host;

/// While more events than agreed lie between the first one that a flow has not handled and the
/// tail, appends from outside are refused as `overloaded` (retryable). What flows emit themselves,
/// timers and imports are not. So no flow is further behind than the bound and what was let in
/// last: one call at most.
///
/// A flow that stops on an error leaves its contract until it is repaired; so does a type whose
/// routing stops. A type that is given its history is in it when it has been given all of it. Flows
/// that nobody runs here, or that came with an import and are not adopted, never count.
struct lag_contracts {
  std::uint64_t all = 0;  ///< of each type that `of_type` does not name; 0: none
  std::map<std::string, std::uint64_t> of_type = {};  ///< of all flows of a type; 0: none
};

/// From now on, in place of what was agreed upon before. The host is open. Any thread. Errors:
/// invalid (a type that was not added), closed, those of the store.
result<void> agree_on_lag(host& over, const lag_contracts& agreed);

/// How many events would be let in now, apart from what waits to be written; none: there is no
/// contract. Any thread; costs next to nothing.
[[nodiscard]] std::optional<std::uint64_t> room_for_appends(host& over);

}  // namespace millrace
