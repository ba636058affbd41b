/// The body of `PUT /v1/checkpoints/KEY`. Pure.
#pragma once

#include <string_view>

#include "host/elsewhere.hpp"
#include "wire/type_registry.hpp"

namespace millrace::service {

struct checkpoint_body {
  std::uint64_t epoch = 0;
  foreign_turn turn;  ///< without its key
};
/// An object: epoch, previous and position (a number, or null), and perhaps state (any JSON), error
/// (position, message), done, reactions (as the events of `POST /v1/events`, without ids). Errors:
/// invalid, undecodable, too_large.
[[nodiscard]] result<checkpoint_body> read_checkpoint(std::string_view body,
                                                      const type_registry& types);

}  // namespace millrace::service
