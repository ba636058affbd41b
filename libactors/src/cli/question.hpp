/// What only the one who sits there can say.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/context.hpp"

namespace millrace::cli {

/// Shows the question on stderr and reads a line from standard input, without its end. None:
/// nobody is there to ask (either is no terminal, or the output is for a program), or the input
/// ended.
[[nodiscard]] std::optional<std::string> ask(const context& in, std::string_view question);

}  // namespace millrace::cli
