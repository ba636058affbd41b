/// Where two messages differ.
#pragma once

#include <google/protobuf/message.h>

#include <set>
#include <string>

namespace millrace {

/// Paths of the fields that differ, without places in lists and maps: `total`, `lines.price`; a
/// field that the message does not know by its number. Lists of messages are compared place by
/// place when they are of one length. Empty: both say the same. Both are of one type.
[[nodiscard]] std::set<std::string> differing_fields(const google::protobuf::Message& one,
                                                     const google::protobuf::Message& other);

}  // namespace millrace
