/// Whose file a database is, and the numbered steps that bring it up to date.
#pragma once

#include <cstdint>
#include <span>

#include "millrace/result.hpp"
#include "sqlite/connection.hpp"

namespace millrace::sqlite {

struct schema {
  std::int64_t application_id = 0;  ///< stands in the file's header; never change
  /// Script number n brings version n to n + 1. Append only: a released step never changes.
  std::span<const char* const> steps;
};

/// Brings the database to the newest version, each step in a transaction; an empty file gets all of
/// them. Errors, with nothing changed: invalid (another program's database), corrupt (no database
/// at all), newer_schema, and those of the storage.
result<void> migrate(connection& writer, const schema& target);

/// For readers. Errors: not_found (an empty file), invalid, corrupt, newer_schema, and incompatible
/// for an older version, which only a writer can bring up to date.
result<void> require_current(connection& reader, const schema& target);

}  // namespace millrace::sqlite
