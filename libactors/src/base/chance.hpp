/// The only source of chance outside of tests.
#pragma once

#include <string>

namespace millrace {

/// 32 hexadecimal digits from the system, that nobody else gets or guesses. Any thread.
[[nodiscard]] std::string chance_name();

}  // namespace millrace
