/// All flows of a type begin anew.
#pragma once

#include <string>

#include "host/overview.hpp"
#include "millrace/host.hpp"

namespace millrace {

/// One after the other: each reads its own events when it runs. How many there were. Errors:
/// not_found (there is none); those of host::reset, and the message says how many begin anew.
result<std::size_t> reset_type(host& over, const std::string& type, reset_options options,
                               const progress_teller& tell);

}  // namespace millrace
