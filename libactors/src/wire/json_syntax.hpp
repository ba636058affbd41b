/// Whether a text is JSON, quickly.
#pragma once

#include <string_view>

namespace millrace {

/// True: it is strict JSON in UTF-8. False: it is not, or it has what is left to a thorough reader:
/// more than 64 levels, numbers of more than 100 digits or with an exponent of more than two, a
/// byte order mark. Reads each byte once and allocates nothing.
[[nodiscard]] bool is_plain_json(std::string_view text);

}  // namespace millrace
