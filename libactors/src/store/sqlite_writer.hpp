/// The writing side of a SQLite store. docs/formats/lock.md says why there is exactly one.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "sqlite/connection.hpp"
#include "sqlite/store_lock.hpp"
#include "sqlite/wal_flusher.hpp"
#include "store/checkpoint_log.hpp"
#include "store/dropped_builds.hpp"
#include "store/flow_table.hpp"
#include "store/inbox_table.hpp"
#include "store/routing_table.hpp"
#include "store/schedule_table.hpp"
#include "store/sqlite_store.hpp"
#include "store/timeline_table.hpp"

namespace millrace {

/// Owns the lock and the only connection that writes and copies the WAL back. One thread at a time,
/// but for flush().
class sqlite_writer {
 public:
  /// Takes the lock, brings the schema up to date and reads the checkpoint log into the overlay.
  /// Whoever holds `gate` keeps commits from becoming visible.
  static result<std::unique_ptr<sqlite_writer>> open(const std::filesystem::path& directory,
                                                     const std::filesystem::path& file,
                                                     checkpoint_overlay& overlay, std::mutex& gate,
                                                     store_bounds bounds);

  /// As store::write, flush, maintain and close.
  result<void> write(const commit_batch& batch);
  result<void> flush();
  result<bool> maintain();
  result<void> close();

  [[nodiscard]] position tail() const { return tail_; }

 private:
  sqlite_writer(sqlite::store_lock lock, sqlite::connection database, sqlite::wal_flusher wal,
                checkpoint_overlay& overlay, std::mutex& gate, store_bounds bounds)
      : lock_(std::move(lock)),
        database_(std::move(database)),
        wal_(std::move(wal)),
        overlay_(overlay),
        log_(overlay),
        gate_(gate),
        bounds_(bounds) {}

  result<void> prepare();
  result<void> write_rows(const commit_batch& batch);
  [[nodiscard]] std::uint32_t count_after(const commit_batch& batch) const;
  result<void> fold_in_own_transaction();
  template <class Work>
  result<void> in_own_transaction(Work work);
  result<void> publish(sqlite::transaction& change);
  result<void> undo(error cause);
  [[nodiscard]] const std::optional<error>& refusal();
  void refuse(const error& why);
  void note_wal(std::size_t usual_pages);
  result<void> keep_wal_small();
  [[nodiscard]] bool wal_is_short() const;
  result<void> lengthen_wal();

  sqlite::store_lock lock_;  // first in, last out
  sqlite::connection database_;
  sqlite::wal_flusher wal_;
  timeline_writer timeline_;
  schedule_writer schedule_;
  flow_writer flows_;
  inbox_writer inboxes_;
  routing_writer routing_;
  checkpoint_overlay& overlay_;
  checkpoint_log log_;
  dropped_builds dropped_;
  std::mutex& gate_;
  const store_bounds bounds_;
  position tail_;
  std::uint32_t flow_count_ = 0;
  std::size_t wal_checkpoint_at_;    // the next one, in bytes of the WAL
  std::size_t wal_length_ = 0;       // of its file, at least
  std::size_t wal_noted_ = 0;        // its size after the last transaction
  std::size_t wal_spread_ = 0;       // of it, about so much are different pages
  bool is_full_ = false;             // the disk was, when housekeeping last tried
  std::optional<error> refuses_;     // all that writes, with this
  std::atomic<bool> failed_{false};  // a write or a flush
};

}  // namespace millrace
