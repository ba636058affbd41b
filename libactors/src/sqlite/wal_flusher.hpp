/// Brings what was committed to the disk, while the next commit is written.
#pragma once

#include <filesystem>
#include <utility>

#include "millrace/result.hpp"

namespace millrace::sqlite {

/// SQLite flushes inside a commit, and nothing can be written meanwhile. With `synchronous=NORMAL`
/// it leaves that out (but not the flushes around a checkpoint of the WAL, and of the WAL's header
/// when it begins anew), and whoever wants a commit on the disk flushes the WAL. Its frames are
/// written in order and each continues the checksum of the one before, so a power cut leaves the
/// commits up to some point at or after the last flush. https://sqlite.org/walformat.html
class wal_flusher {
 public:
  /// The WAL of a database file whose writing connection has read or written something, and lives
  /// longer. Errors: storage_failed.
  static result<wal_flusher> open(const std::filesystem::path& database);
  wal_flusher(wal_flusher&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  wal_flusher& operator=(wal_flusher&& other) noexcept;
  ~wal_flusher();

  /// Every commit that ended before is on the disk afterwards. Any thread, several at once. Errors:
  /// storage_failed, which is final: the kernel may have dropped what it could not write.
  [[nodiscard]] result<void> flush() const;

 private:
  explicit wal_flusher(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace millrace::sqlite
