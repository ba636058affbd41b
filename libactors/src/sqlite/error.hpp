/// SQLite's result codes as errors of this project.
#pragma once

#include <string_view>

#include "millrace/result.hpp"

struct sqlite3;

namespace millrace::sqlite {

/// What a failed call on `database` (may be null) came to, while `doing`, which goes into the
/// message:
///  - storage_full: no space, no quota, or the file system's limit for one file. The statement
///  changed
///    nothing and may succeed later.
///  - corrupt: the bytes are no database or contradict themselves, or break a constraint of the
///  schema.
///  - storage_failed: all else (I/O errors, a lock that does not come free, no memory).
[[nodiscard]] error to_error(sqlite3* database, int code, std::string_view doing);

}  // namespace millrace::sqlite
