/// The newest version's result of a query against the one before it.
#pragma once

#include <string>

#include "millrace/result.hpp"
#include "millrace/versions.hpp"
#include "routing/interest.hpp"
#include "store/store.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

/// The newest version against what is served, or, when that is the newest, against the former
/// result that came furthest of those that are kept. Works beside a running host, with what that
/// has written. Memory: two instances, the examples. One thread. Errors: not_found (no such type
/// in the store), conflict (a topic; one result; a result was dropped meanwhile), those of the
/// store.
[[nodiscard]] result<result_comparison> compare_results(const store& from,
                                                        const interest_table& interest,
                                                        const type_registry& types,
                                                        const std::string& type,
                                                        const compare_options& options);

/// What a switch would come to with what is stored now. Errors: as those of the switch.
[[nodiscard]] result<switch_report> plan_switch(const store& from, const std::string& type,
                                                switch_options options);

}  // namespace millrace
