/// Checkpoints in sequence, folded into the flow table later. docs/formats/checkpoint.md
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "sqlite/connection.hpp"
#include "store/checkpoint_overlay.hpp"
#include "store/flow_table.hpp"
#include "store/store.hpp"

namespace millrace {

/// What the log holds in memory and on disk beside its number of entries: states may be large.
inline constexpr std::size_t checkpoint_log_size_max = limits::commit_size_max / 2;
/// Checkpoints that housekeeping leaves in the log: a busy flow is written again before its turn
/// comes, and then needs no folding.
inline constexpr std::size_t fold_lag = limits::checkpoint_log_entries_max / 4 * 3;
static_assert(fold_lag + limits::fold_slice < limits::checkpoint_log_entries_max);

/// Where the checkpoints of a batch go; all but `logged` is in order of flows. Past the log, if
/// that says nothing of their flows, go those whose directory entry comes with them, into that, and
/// those of a batch that has `many`. An import brings millions of them, and so does a replay.
struct checkpoint_plan {
  checkpoint_writes with_entries;
  checkpoint_writes folded;
  checkpoint_writes logged;
};
[[nodiscard]] checkpoint_plan plan_checkpoints(const commit_batch& batch,
                                               const checkpoint_overlay& logged, std::size_t many);
/// The one of the flow; null: there is none.
[[nodiscard]] const commit_batch::checkpoint_write* find_write(const checkpoint_writes& in,
                                                               flow_number flow);

/// The committing side: the log and the overlay over it. Works within a transaction that the owner
/// begins and ends; committed() then moves the overlay, or rolled_back() forgets.
class checkpoint_log {
 public:
  explicit checkpoint_log(checkpoint_overlay& overlay) : overlay_(overlay) {}

  /// Reads what a former process left there into the overlay.
  result<void> prepare(sqlite::connection& database);
  /// One row for all of them; none, no row.
  result<void> write(const checkpoint_writes& all);
  /// Folds the oldest rows, not the one of this transaction, until about fold_slice checkpoints
  /// are.
  result<void> fold_slice(flow_writer& flows);
  void committed();
  void rolled_back();

  /// Of rows that this transaction neither wrote nor folded.
  [[nodiscard]] bool empty() const { return folded_rows_ == rows_.size(); }
  [[nodiscard]] bool has_slice() const { return left_.entries >= fold_lag + limits::fold_slice; }
  /// Numbers of rows: the newest, also one of this transaction; and, when not empty, the oldest.
  [[nodiscard]] std::int64_t newest() const {
    return written_row_ ? written_row_->seq : version_.newest;
  }
  [[nodiscard]] std::int64_t oldest() const { return rows_[folded_rows_].seq; }
  [[nodiscard]] std::size_t entries() const { return left_.entries; }
  [[nodiscard]] bool is_over_limit() const {
    return left_.entries > limits::checkpoint_log_entries_max ||
           left_.size > checkpoint_log_size_max;
  }

 private:
  struct amount {
    std::size_t entries = 0;
    std::size_t size = 0;
  };
  struct row {
    std::int64_t seq = 0;
    std::vector<flow_number> flows;
    std::size_t size = 0;
  };

  result<void> load(sqlite::connection& database);
  void count(const row& added);

  checkpoint_overlay& overlay_;
  sqlite::statement insert_, erase_, put_folded_;
  std::deque<row> rows_;  // oldest first
  amount left_;           // of rows_ from folded_rows_ on
  log_version version_;
  // Of the open transaction.
  std::optional<row> written_row_;
  checkpoint_overlay::map written_;
  std::size_t folded_rows_ = 0;
  std::vector<flow_number> folded_;
  std::string encoded_;  // kept for its memory
};

/// The reading side, on one connection and thread at a time.
class checkpoint_log_reader {
 public:
  result<void> prepare(sqlite::connection& database);
  /// Of the snapshot at hand; the first read of a transaction fixes it.
  result<log_version> version();
  using row_visitor = std::function<result<void>(std::int64_t seq, std::string_view records)>;
  /// Oldest first, until an error.
  result<void> each(const row_visitor& visit);
  /// The whole log as an overlay, for a process that does not write.
  result<checkpoint_overlay::map> read_all();

 private:
  sqlite::statement version_, rows_;
};

}  // namespace millrace
