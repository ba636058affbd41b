/// What a `when` decided, in the form that is recorded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/runner.hpp"

namespace millrace {

/// The emissions that are to be recorded: all, or, when the instance is done, those that are not
/// scheduled, because a timer that outlives its instance has nobody.
[[nodiscard]] bool is_recorded(const reactions::emission& one, const reactions& then);

/// Appends the reactions to `into`, with the ordinals of what is recorded. A string: a limit is
/// passed, or an event would not be readable again; then `into` may hold some of them.
[[nodiscard]] std::optional<std::string> record(const event& cause, const reactions& then,
                                                std::vector<reaction>& into);

}  // namespace millrace
