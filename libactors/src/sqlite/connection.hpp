/// A connection to one SQLite database, under the rules of docs/formats/lock.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

#include "millrace/result.hpp"
#include "sqlite/statement.hpp"

struct sqlite3;

namespace millrace::sqlite {

/// SQLite 3.40 can corrupt a WAL database when two connections write or checkpoint at the same
/// time. So exactly one, `writer`, does both; a `reader` is opened read-only and never copies the
/// WAL back, also not when it is the last one to close.
enum class role { writer, reader };

struct connection_settings {
  sqlite::role role = role::reader;
  bool create = false;  ///< the file, when missing; writer only
  std::size_t cache_size = std::size_t{4} << 20;
};

/// Used by one thread at a time. Its statements die before it.
class connection {
 public:
  /// Whose database it is, migrations.hpp finds out. Errors: not_found (no such file, and not
  /// `create`), corrupt (the file is no database), storage_failed.
  static result<connection> open(const std::filesystem::path& file, connection_settings settings);

  /// The SQL names tables that exist; an error is corrupt or storage_failed.
  [[nodiscard]] result<statement> prepare(std::string_view sql);
  /// Several at once, for a class that keeps its statements.
  result<void> prepare(std::initializer_list<std::pair<statement*, std::string_view>> statements);
  /// Runs a script that gives no rows, or whose rows do not matter.
  result<void> execute(const char* script);
  /// First column of the first row; 0 without one.
  result<std::int64_t> query_integer(std::string_view sql);

  /// Write-ahead logging, for a writer. Durable: a reader finds it so. A commit is as atomic as
  /// ever, but a power cut may undo it until the WAL is flushed; see wal_flusher.
  result<void> use_wal();
  /// Size of the WAL that the last commit of this writer left.
  [[nodiscard]] std::size_t wal_size() const { return *wal_pages_ * page_size_; }
  [[nodiscard]] std::size_t page_size() const { return page_size_; }
  /// Puts zeros behind the end of the WAL's file until it is `size` long, and flushes them: a
  /// commit that overwrites is flushed in half the time of one that makes the file longer. Not
  /// inside a transaction. Errors: storage_full (it is somewhat longer), storage_failed.
  result<void> lengthen_wal(std::size_t size);
  /// Copies the WAL into the database as far as no reader needs it; never waits. With `empty_it`,
  /// waits for readers and cuts the file. Errors: storage_full, storage_failed.
  result<void> checkpoint_wal(bool empty_it);

 private:
  struct closer {
    void operator()(sqlite3* handle) const;
  };

  friend class transaction;
  std::unique_ptr<sqlite3, closer> handle_;
  std::unique_ptr<std::size_t> wal_pages_;  // its address is known to SQLite
  // Each read is a transaction: parsing these costs more than many a read.
  statement begin_, begin_immediate_, commit_, roll_back_;
  std::size_t page_size_ = 4096;
};

/// Rolls back when it goes out of scope uncommitted.
class transaction {
 public:
  /// Immediate for a writer; of a reader, its first read fixes what it sees.
  static result<transaction> begin(connection& database, role as);
  /// An error leaves the transaction open: it rolls back with this object.
  result<void> commit();

  transaction(transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  transaction& operator=(transaction&&) = delete;
  ~transaction();

 private:
  explicit transaction(connection& database) : database_(&database) {}
  connection* database_;
};

}  // namespace millrace::sqlite
