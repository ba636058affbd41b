/// What is known of lag contracts beside millrace/admission.hpp.
#pragma once

#include "millrace/admission.hpp"

namespace millrace {

/// 0: the type has none.
[[nodiscard]] std::uint64_t max_lag_of(const lag_contracts& agreed, const std::string& type);
/// What was agreed upon last. Any thread.
[[nodiscard]] lag_contracts lag_contracts_of(host& over);

}  // namespace millrace
