/// Statistics as commands show them.
#pragma once

#include "cli/context.hpp"
#include "cli/event.hpp"
#include "millrace/statistics.hpp"

namespace millrace::cli {

/// `with_activity`: they come from a running host.
[[nodiscard]] json json_of(const flow_statistics& of, timestamp now, bool with_activity);

/// A table: a row for each type, and one for all.
void show_standing(const context& in, const host_statistics& of);
void show_activity(const context& in, const host_statistics& of);

}  // namespace millrace::cli
