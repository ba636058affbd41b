/// The durable store: one SQLite database in a directory. docs/formats/ has its layout.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/limits.hpp"
#include "millrace/result.hpp"
#include "store/store.hpp"

namespace millrace {

/// Files of a store's directory, beside SQLite's own `-wal` and `-shm`.
inline constexpr std::string_view store_file_name = "millrace.db";

enum class open_mode {
  own,           ///< the one process that writes; creates directory and store when missing
  own_existing,  ///< the same, but a missing store is errc::not_found
  read_only,     ///< beside an owner or without one; commit refuses
};

/// As limits.hpp says, unless a test wants it sooner.
struct store_bounds {
  std::size_t unlogged_checkpoints = limits::unlogged_checkpoints_min;
};

/// Errors: not_found (no store there), in_use (another process owns it; the message says which),
/// newer_schema, incompatible (an older schema, opened read_only), invalid (another program's
/// database), corrupt, storage_full, storage_failed. Nothing that was there is changed by a
/// refusal. A store that is destroyed without close() is left as if the process had died.
result<std::unique_ptr<store>> open_sqlite_store(const std::filesystem::path& directory,
                                                 open_mode mode, store_bounds bounds = {});

}  // namespace millrace
