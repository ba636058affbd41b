/// Statistics as documents.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "documents/event.hpp"
#include "documents/source.hpp"
#include "millrace/statistics.hpp"

namespace millrace::documents {

/// `version 2 (build 2) has been given 400 of 1,000 positions (40 %), 600 are left`
[[nodiscard]] std::string in_words(const build_progress& of);
/// Null: there is none.
[[nodiscard]] json json_of(const std::optional<build_progress>& of);

/// `with_activity`: they come from a running host.
[[nodiscard]] json json_of(const flow_statistics& of, timestamp now, bool with_activity);
/// Of a running host: a value for each type, and one for all.
[[nodiscard]] json json_of(const host_statistics& of);

}  // namespace millrace::documents
