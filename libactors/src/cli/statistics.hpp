/// Statistics as tables.
#pragma once

#include "cli/context.hpp"
#include "millrace/statistics.hpp"

namespace millrace::cli {

/// A table: a row for each type, and one for all.
void show_standing(const context& in, const host_statistics& of);
void show_activity(const context& in, const host_statistics& of);

}  // namespace millrace::cli
