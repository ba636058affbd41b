/// What a command's exit code tells a script.
#pragma once

#include "millrace/result.hpp"

namespace millrace::cli {

/// Never change a value: scripts compare them.
enum class exit_code : int {
  done = 0,
  failed = 1,       ///< a clear message is on stderr, nothing changed
  usage = 2,        ///< the command line was wrong
  not_found = 3,    ///< no such store, flow, event or type
  conflict = 4,     ///< the store is in use, or a condition does not hold
  unavailable = 5,  ///< the same command may work later
};

[[nodiscard]] exit_code exit_code_of(errc code);

}  // namespace millrace::cli
