/// Bodies of `POST /v1/events`: text of four kinds to events that somebody wants to append. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "millrace/event.hpp"
#include "millrace/result.hpp"
#include "wire/type_registry.hpp"

namespace millrace::service {

using new_events = std::vector<new_event>;

/// One object or an array of them, with the names that a recorded event is shown with: type, and
/// perhaps data, id, correlation, user, cause, due, headers, routes. Errors of this and the next
/// three, which name the event by its number: invalid, undecodable, too_large.
[[nodiscard]] result<new_events> from_json(std::string_view body, const type_registry& types);
/// A line for each; blank lines count for nothing.
[[nodiscard]] result<new_events> from_json_lines(std::string_view body, const type_registry& types);
/// One event of this type, whose data is the body.
[[nodiscard]] result<new_event> from_data(std::string_view type, std::string_view body,
                                          const type_registry& types);
/// CloudEvents 1.0 in the structured JSON form, one or an array of them. The type keeps its name;
/// source and id together are the event's id; all else that the event has becomes headers `ce-…`.
[[nodiscard]] result<new_events> from_cloud_events(std::string_view body,
                                                   const type_registry& types);

}  // namespace millrace::service
