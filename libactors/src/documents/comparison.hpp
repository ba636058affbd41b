/// A comparison of two results as documents.
#pragma once

#include <string>

#include "documents/event.hpp"
#include "millrace/versions.hpp"

namespace millrace::documents {

/// The counts: one line of JSON, without the examples.
[[nodiscard]] std::string line_of(const result_comparison& of);
/// One example. `by_number`: its states are text, not JSON.
[[nodiscard]] std::string line_of(const compared_instance& of, bool by_number);

}  // namespace millrace::documents
