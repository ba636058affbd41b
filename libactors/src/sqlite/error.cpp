#include "sqlite/error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace millrace::sqlite {

namespace {

// SQLite reports only ENOSPC on write as SQLITE_FULL; elsewhere a full disk is an I/O error.
bool means_full(int system_errno) {
  return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

// Why the last write to the WAL failed: sqlite3_system_errno is not told when a COMMIT fails.
int wal_errno(sqlite3* database) {
  sqlite3_file* wal = nullptr;
  int last = 0;
  if (sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK) {
    return 0;
  }
  if (wal == nullptr || wal->pMethods == nullptr) return 0;
  wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &last);
  return last;
}

int errno_of(sqlite3* database, int code) {
  if (database == nullptr) return 0;
  const int known = sqlite3_system_errno(database);
  return known == 0 && code == SQLITE_IOERR_WRITE ? wal_errno(database) : known;
}

errc classify(int code, int system_errno) {
  // A flush that failed is final, whatever the reason: the kernel may have dropped the pages.
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) return errc::storage_failed;
  switch (code & 0xff) {
    case SQLITE_FULL: return errc::storage_full;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return means_full(system_errno) ? errc::storage_full : errc::storage_failed;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH: return errc::corrupt;
    default: return errc::storage_failed;
  }
}

}  // namespace

error to_error(sqlite3* database, int code, std::string_view doing) {
  const int system_errno = errno_of(database, code);
  const char* file = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  const bool is_io = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  std::string message = fmt::format("{}: {}", doing, sqlite3_errstr(code));
  if (is_io && system_errno != 0) message += fmt::format(" ({})", std::strerror(system_errno));
  // errstr says what kind; errmsg which column, table or page.
  if (database != nullptr && sqlite3_extended_errcode(database) == code) {
    const std::string_view detail = sqlite3_errmsg(database);
    if (detail != sqlite3_errstr(code)) message += fmt::format(", {}", detail);
  }
  const bool is_damage = (code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_CORRUPT;
  if (file != nullptr && *file != '\0') {
    message = is_damage ? fmt::format("{} is not a database, or is damaged: {}", file, message)
                        : fmt::format("{} [{}]", message, file);
  }
  return {classify(code, system_errno), std::move(message)};
}

}  // namespace millrace::sqlite
