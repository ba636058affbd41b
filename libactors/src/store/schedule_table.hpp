/// The schedule in SQLite. docs/formats/schedule.md
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "sqlite/connection.hpp"
#include "store/store.hpp"

namespace millrace {

/// The committing side, within a transaction of its connection.
class schedule_writer {
 public:
  result<void> prepare(sqlite::connection& database);
  result<void> write(const commit_batch& batch);

 private:
  sqlite::statement insert_, activate_, erase_;
};

/// The reading side, on one connection and thread at a time.
class schedule_reader {
 public:
  result<void> prepare(sqlite::connection& database);
  result<std::vector<schedule_entry>> after(store::timers which,
                                            std::optional<std::pair<timestamp, position>> place,
                                            std::size_t limit);
  result<std::optional<schedule_entry>> find(position at);
  result<std::vector<schedule_entry>> of_flow(const flow_key& flow);

 private:
  sqlite::statement after_, active_after_, find_, of_flow_;
};

}  // namespace millrace
