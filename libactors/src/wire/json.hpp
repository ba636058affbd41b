/// Protobuf messages from JSON text, and what JSON text is.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "millrace/result.hpp"

namespace millrace {

/// Strict JSON of any kind, UTF-8. Errors: undecodable, with line and column.
result<void> check_json(std::string_view text);

/// Fills `body`; a field it does not have is an error. Errors: undecodable, says where.
result<void> message_from_json(std::string_view text, google::protobuf::Message& body);

/// As one line of JSON; empty when it cannot be said in JSON.
[[nodiscard]] std::string message_to_json(const google::protobuf::Message& body);

}  // namespace millrace
