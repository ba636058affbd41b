/// Deletes what dropped builds of flow types left, in slices. docs/formats/builds.md
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "sqlite/connection.hpp"
#include "store/store.hpp"

namespace millrace {

/// The committing side, within a transaction of its connection; committed() or rolled_back() ends
/// it. What is left to do is in a table: another process goes on with it.
class dropped_builds {
 public:
  /// `log_end`: the last row that is in the checkpoint log.
  result<void> prepare(sqlite::connection& database, std::int64_t log_end);
  /// Takes the rows off; `next_number` is the next free one of flows, `log_end` as above.
  result<void> write(const commit_batch& batch, std::uint32_t next_number, std::int64_t log_end);

  [[nodiscard]] bool empty() const { return left_.empty(); }
  /// Rows of the checkpoint log up to this one may speak of flows that are to be deleted: they are
  /// folded before that.
  [[nodiscard]] std::int64_t log_end() const { return log_end_; }
  /// Deletes about limits::drop_slice rows.
  result<void> delete_slice();
  void committed();
  void rolled_back();

 private:
  result<std::int64_t> delete_flows(const build_name& of, std::int64_t room);
  result<std::int64_t> erase_blocks(std::int64_t flow, std::int64_t room);

  sqlite::statement erase_type_, put_, take_, keep_numbers_;
  sqlite::statement next_, erase_blocks_, changes_, erase_state_, erase_flow_;
  std::deque<build_name> left_;      // oldest first
  std::vector<build_name> written_;  // in the open transaction
  std::int64_t log_end_ = 0;
  std::size_t done_ = 0;  // in the open transaction
};

}  // namespace millrace
