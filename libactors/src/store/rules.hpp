/// What both stores hold a batch to, and the window of remembered ids. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"
#include "store/store.hpp"

namespace millrace {

/// Aborts when a batch breaks the contract of commit_batch: that is a bug of the caller, never
/// input. `tail` and `flow_count` are those before the batch. That postings follow their flow's
/// latest is checked where they are written.
void require_valid(const commit_batch& batch, position tail, std::uint32_t flow_count);

/// Whether the oldest of `count` remembered ids has left the window that ends with the newest one.
/// The age is counted from the newest id and not from the present, so that every store forgets
/// alike.
[[nodiscard]] constexpr bool left_id_window(std::size_t count, timestamp oldest, timestamp newest) {
  return count > limits::id_window_count || newest - oldest > limits::id_window_age;
}

/// Whether a key's text names a flow of this type; of any, when that is empty.
[[nodiscard]] bool is_of_type(std::string_view key, std::string_view type);

/// Pending, as the design has it: something was routed to the flow after its checkpoint, and it is
/// not stopped.
[[nodiscard]] bool is_pending(std::optional<position> latest, const v1::Checkpoint& checkpoint);

}  // namespace millrace
