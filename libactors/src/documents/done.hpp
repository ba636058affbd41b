/// What a changing command or call did.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "documents/event.hpp"
#include "millrace/host.hpp"

namespace millrace::documents {

// Each is one line of JSON.

[[nodiscard]] std::string appended_line(position at, bool repeated);

/// `at`: the event that it stopped on; none: that is not known.
[[nodiscard]] std::string repaired_line(const std::string& flow, std::string_view repair,
                                        std::optional<position> at);
[[nodiscard]] std::string retried_line(std::size_t flows);

[[nodiscard]] std::string reset_line(const std::string& flow, bool accept_history);
/// Of all flows of a type.
[[nodiscard]] std::string reset_line(const std::string& type, bool accept_history,
                                     std::size_t flows);

/// `dry_run`: it would have done so.
[[nodiscard]] std::string switched_line(const std::string& type, const switch_report& of,
                                        bool dry_run = false);
[[nodiscard]] std::string adopted_line(const std::string& type, bool dry_run, const adoption& of);

}  // namespace millrace::documents
