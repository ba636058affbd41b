/// What an event of a Kurrent export has in its envelope. docs/formats/kurrent.md
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/text_arena.hpp"
#include "millrace/types.hpp"

namespace millrace::exchange {

/// The stream whose events are those of the timeline.
inline constexpr std::string_view timeline_stream = "timeline";

/// Beside what all have, and its routes.
struct kurrent_envelope {
  std::optional<position> cause = {};
  std::optional<timestamp> due = {};
  bool from_schedule = false;
};

/// A v1::Envelope, encoded, in the arena. `keys` are its routes, also when there are none: then it
/// reaches nobody.
[[nodiscard]] std::string_view encode_envelope(const kurrent_envelope& what,
                                               std::span<const std::string_view> keys,
                                               text_arena& arena);

}  // namespace millrace::exchange
