/// SQLite by hand: the least that the baselines need. Nothing here knows millrace.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace millrace::bench::bare {

class statement;

/// A connection; with `write`, in WAL mode and flushed at each commit (synchronous=FULL).
class database {
 public:
  enum class mode { read, write };
  database(const std::filesystem::path& file, mode how);
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  ~database();
  void run(const char* sql);
  [[nodiscard]] sqlite3* handle() { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

class statement {
 public:
  statement(database& in, const char* sql);
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;
  ~statement() { sqlite3_finalize(handle_); }

  statement& bind(int place, std::int64_t value) {
    sqlite3_bind_int64(handle_, place, value);
    return *this;
  }
  /// The bytes must stay until the statement was run.
  statement& bind(int place, std::string_view bytes) {
    sqlite3_bind_blob(handle_, place, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
    return *this;
  }
  /// False: there are no more rows.
  bool step();
  void reset() { sqlite3_reset(handle_); }
  /// Of a statement without rows: step and reset.
  void run() {
    step();
    reset();
  }
  [[nodiscard]] std::int64_t integer(int column) { return sqlite3_column_int64(handle_, column); }
  [[nodiscard]] std::string_view bytes(int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
  }

 private:
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace millrace::bench::bare
