/// Text that goes into Protobuf strings has to be UTF-8: a broken one is written, but never read again.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace millrace {

/// The rules of RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

/// `text` as valid UTF-8 of at most `size_max` bytes: each broken byte becomes `?`, and a character
/// that does not fit is left out whole.
[[nodiscard]] std::string to_utf8(std::string_view text, std::size_t size_max);

/// The first string field of `body`, however deep, that is not UTF-8, by its full name; empty: none.
/// `encoded` is its serialisation: one that is all ASCII needs no further look.
[[nodiscard]] std::string find_broken_text(const google::protobuf::Message& body,
                                           std::string_view encoded);

}  // namespace millrace
