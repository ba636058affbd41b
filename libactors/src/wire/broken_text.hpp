/// Text that goes into Protobuf strings has to be UTF-8: a broken one is written, but never read
/// again.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace millrace {

/// The first string field of `body`, however deep, that is not UTF-8, by its full name; empty:
/// none. `encoded` is its serialisation: one that is all ASCII needs no further look.
[[nodiscard]] std::string find_broken_text(const google::protobuf::Message& body,
                                           std::string_view encoded);

}  // namespace millrace
