/// What a rebuild or a check of the whole store came to.
#pragma once

#include "documents/event.hpp"
#include "host/comparison.hpp"
#include "host/verify.hpp"

namespace millrace::documents {

/// One line of JSON; and the counts read again from it.
[[nodiscard]] json json_of(const rebuild_counts& of, double seconds);
[[nodiscard]] rebuild_counts rebuild_counts_of(const json& shown);
[[nodiscard]] json json_of(const verify_counts& of);

}  // namespace millrace::documents
