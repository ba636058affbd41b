/// What of a state's message must not change under stored states.
#pragma once

#include <google/protobuf/descriptor.h>

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// One line for each field, nested ones included: `1.3=9/1`, path of numbers, type, label. Fields
/// may come and go; one that stays has to keep type and label.
[[nodiscard]] std::string fingerprint(const google::protobuf::Descriptor& message);

/// The first field (its path) that both know differently; none: states of one can be read as the
/// other.
[[nodiscard]] std::optional<std::string> incompatible_field(std::string_view stored,
                                                            std::string_view present);

}  // namespace millrace
