/// A command of the program's own: here, or in the daemon that serves the store.
#pragma once

#include "cli/context.hpp"
#include "millrace/application.hpp"

namespace millrace::cli {

[[nodiscard]] outcome run_own(const context& in, const application::command& own,
                              const std::vector<std::string>& arguments);

}  // namespace millrace::cli
