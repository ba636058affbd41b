/// UTF-8: what may enter, and where text may be cut.
#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// Bytes of the valid character at the front; 0: there is none. `text` is not empty.
[[nodiscard]] std::size_t utf8_character_size(std::string_view text);
/// No overlong forms, no surrogates, nothing above U+10FFFF. Empty text is valid.
[[nodiscard]] bool is_utf8(std::string_view text);
/// At most `size_max` bytes of it, valid UTF-8: broken bytes become '?', and no character is cut in
/// two.
[[nodiscard]] std::string to_utf8(std::string_view text, std::size_t size_max);

}  // namespace millrace
