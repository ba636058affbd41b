/// The causes above an event and everything it led to, as a tree.
#pragma once

#include <vector>

#include "cli/commands.hpp"
#include "documents/trace.hpp"

namespace millrace::cli {

/// The tree, a line for each event.
[[nodiscard]] std::vector<std::string> tree_lines(const trace_report& report, const output& look);

}  // namespace millrace::cli
