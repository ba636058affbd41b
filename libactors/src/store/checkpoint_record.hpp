/// A row of the checkpoint log as bytes. docs/formats/checkpoint.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.hpp"

namespace millrace {

/// One flow's checkpoint in the log. Views into the row.
struct logged_checkpoint {
  flow_number flow{};
  std::string_view record;                ///< v1::Checkpoint, encoded
  std::optional<std::string_view> state;  ///< none: the stored state stays
};

/// As `flows.checkpoint` has it.
[[nodiscard]] inline std::int64_t position_or_none(const v1::Checkpoint& checkpoint) {
  return checkpoint.has_position() ? static_cast<std::int64_t>(checkpoint.position()) : -1;
}

void append_logged(std::string& row, const logged_checkpoint& added);
/// Takes one off the front. False: the bytes are none.
[[nodiscard]] bool take_logged(std::string_view& row, logged_checkpoint& taken);

}  // namespace millrace
