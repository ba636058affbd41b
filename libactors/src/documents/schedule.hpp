/// What has work to do, and what is due when.
#pragma once

#include <string>

#include "documents/event.hpp"
#include "documents/source.hpp"

namespace millrace::documents {

/// The manifest on one line. docs/formats/manifest.md
[[nodiscard]] result<std::string> manifest_line(const millrace::store& from, const overview& now);

[[nodiscard]] json json_of(const schedule_entry& entry);

}  // namespace millrace::documents
