/// What a topic decides now, beside what the timeline says it decided then.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "flow/runner.hpp"

namespace millrace {

/// The first reaction to `cause` that differs, now and then, in words that name the position and
/// show both; none: they are the same in type, payload, due time and number. `decided` is what
/// record() made of `then` (null: nothing ran). `recorded` is in order of ordinals.
[[nodiscard]] std::optional<std::string> find_difference(const event& cause, const reactions* then,
                                                         std::span<const reaction> decided,
                                                         std::span<const event> recorded);

/// Whether these are the words of such a difference.
[[nodiscard]] bool is_divergence(std::string_view error_message);

}  // namespace millrace
