/// What all calls share that append events.
#pragma once

#include <variant>
#include <vector>

#include "millrace/host.hpp"
#include "service/call.hpp"
#include "service/new_events.hpp"

namespace millrace::service {

struct appended_events {
  std::vector<position> at;  ///< one for each
  position tail_before;      ///< what lies before it was there already

  [[nodiscard]] bool is_repeat(std::size_t event) const { return at[event] < tail_before; }
  [[nodiscard]] bool all_repeated() const;
};
/// Takes the ids of events without one from `Idempotency-Key`, appends, and waits until that is on
/// disk. Or what to answer: why nothing was appended; an id that stands for another event is a
/// reason.
[[nodiscard]] std::variant<appended_events, response> append_now(const call& asked,
                                                                 new_events events,
                                                                 const append_condition& condition);

/// Content types of one Protobuf payload.
inline constexpr const char* protobuf_type = "application/protobuf";
inline constexpr const char* x_protobuf_type = "application/x-protobuf";
inline constexpr const char* json_type = "application/json";

}  // namespace millrace::service
