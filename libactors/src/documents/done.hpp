/// What a changing command or call is about, and what it did.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "documents/event.hpp"
#include "host/overview.hpp"
#include "millrace/host.hpp"

namespace millrace::documents {

/// On which event the routing of the type, or else the flow, is stopped; none: it is not, or is not
/// known.
[[nodiscard]] result<std::optional<position>> stopped_at(const millrace::store& from,
                                                         const flow_key& key);
/// Whether the flow's checkpoint does not decode: what it had skipped is not known any more then.
[[nodiscard]] result<bool> has_forgotten(const millrace::store& from, const flow_key& key);
/// Whether the key is the name of a flow type of many instances, which this program has.
[[nodiscard]] bool names_many(const known_types& known, const flow_key& key);
/// What the host says, but that the name of a type of many instances, which is no flow, is not
/// unknown either.
[[nodiscard]] error repair_refusal(const known_types& known, const flow_key& key,
                                   const error& by_host);

// Each is one line of JSON.

[[nodiscard]] std::string appended_line(position at, bool repeated);

/// `at`: the event that it stopped on; none: that is not known.
[[nodiscard]] std::string repaired_line(const std::string& flow, std::string_view repair,
                                        std::optional<position> at);
[[nodiscard]] std::string retried_line(std::size_t flows);

/// `forgotten`: its checkpoint did not decode, so what it had skipped is decided again.
[[nodiscard]] std::string reset_line(const std::string& flow, bool accept_history, bool forgotten);
/// Of all flows of a type.
[[nodiscard]] std::string reset_line(const std::string& type, bool accept_history,
                                     const type_reset& of);

/// `dry_run`: it would have done so.
[[nodiscard]] std::string switched_line(const std::string& type, const switch_report& of,
                                        bool dry_run = false);
[[nodiscard]] std::string adopted_line(const std::string& type, bool dry_run, const adoption& of);

}  // namespace millrace::documents
