/// What routing needs of an envelope, without making a message of it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "millrace/envelope.pb.h"
#include "millrace/types.hpp"

namespace millrace {

/// Views of the bytes, or of the message, it was read from.
struct routing_fields {
  bool has_routes = false;
  std::vector<std::string_view> keys;  ///< of the explicit routes
  std::optional<position> cause;
  bool has_due = false;
  bool from_schedule = false;
  std::string_view content_type;
};

/// Reads encoded envelopes of the usual shape, several times as fast as Protobuf. False: it is not
/// of that shape, and Protobuf has to say what it is: fields that are not known here, text that is
/// not ASCII, damage. What is accepted here, Protobuf reads alike.
[[nodiscard]] bool glance(std::string_view envelope, routing_fields& into);

/// The same fields of a message.
void take_fields(const v1::Envelope& envelope, routing_fields& into);

}  // namespace millrace
