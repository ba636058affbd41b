/// What an import did.
#pragma once

#include <string>

#include "documents/event.hpp"
#include "host/import_job.hpp"

namespace millrace::documents {

/// One line of JSON. `seconds`: how long it took, or takes.
[[nodiscard]] json json_of(const import_report& of, double seconds);
/// The same in words, from that JSON. Ends without a line break.
[[nodiscard]] std::string imported_in_words(const json& of);

/// How far a source is imported, as `GET /v1/imports` shows it; and read again.
[[nodiscard]] json json_of(const v1::Import& of);
[[nodiscard]] result<v1::Import> import_of(const json& shown);

}  // namespace millrace::documents
