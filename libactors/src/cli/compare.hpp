/// What `compare TYPE` shows.
#pragma once

#include "cli/context.hpp"
#include "millrace/versions.hpp"

namespace millrace::cli {

/// The comparison: a summary, then its examples.
void show_comparison(const context& in, const result_comparison& of);

}  // namespace millrace::cli
