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
/// For who makes the stored state of a flow into JSON; of one that is not there it is small.
/// Errors: overloaded (somebody else makes a large one); those of the store.
[[nodiscard]] result<large_states::turn> turn_for(const parts& of, const flow_key& key);

}  // namespace millrace::service
