/// import, while a daemon holds the store.
#pragma once

#include "cli/commands.hpp"
#include "cli/signals.hpp"
#include "host/import_source.hpp"

namespace millrace::cli {

/// Sends the source, from where it is imported already, to `POST /v1/imports`. Nobody serves the
/// store, or it could not be opened for another reason: `why`.
[[nodiscard]] outcome import_by_daemon(const context& in, const error& why,
                                       const import_options& options, import_source& source,
                                       const interrupts& stop);

}  // namespace millrace::cli
