/// The state of a query as a client sees it.
#pragma once

#include <string>

#include "service/call.hpp"

namespace millrace::service {

/// `"changed-generation"`.
[[nodiscard]] std::string etag_of(const raw_reading& of);
/// A query that this program has. Errors: unknown_type.
[[nodiscard]] result<const flow_type*> query_named(const known_types& known, std::string_view name);
/// JSON. Errors: incompatible (a former version is served), corrupt.
[[nodiscard]] result<std::string> state_of(const flow_type& type, const flow_key& key,
                                           const raw_reading& read);

}  // namespace millrace::service
