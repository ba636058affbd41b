/// Whole inboxes in SQLite: replaced, erased, and read as they lie. docs/formats/postings.md
#pragma once

#include <string>
#include <vector>

#include "sqlite/connection.hpp"
#include "store/store.hpp"

namespace millrace {

/// The committing side, within a transaction of its connection.
class inbox_writer {
 public:
  result<void> prepare(sqlite::connection& database);
  /// Nothing is stored yet of flows from `first_new` on but their directory entries.
  result<void> write(const commit_batch& batch, flow_number first_new);

 private:
  result<void> replace(const commit_batch::inbox_rewrite& rewrite, bool is_new);
  result<void> erase(flow_number flow);
  /// The columns that repeat what is in the flow's folded checkpoint.
  result<void> repeat_checkpoint(flow_number flow);

  sqlite::statement clear_, put_block_, put_row_, record_, put_checkpoint_, erase_flow_,
      erase_state_;
};

/// The reading side, on one connection and thread at a time.
class inbox_reader {
 public:
  result<void> prepare(sqlite::connection& database);
  result<stored_inbox> inbox(flow_number flow);
  result<std::vector<flow_number>> orphans();

 private:
  sqlite::statement row_, blocks_, orphans_;
};

}  // namespace millrace
