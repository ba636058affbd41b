#include "store/dropped_builds.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace millrace {

using sqlite::step;

result<void> dropped_builds::prepare(sqlite::connection& database, std::int64_t log_end) {
  log_end_ = log_end;
  auto prepared = database.prepare({
      {&erase_type_, "DELETE FROM flow_types WHERE name = ? AND build = ?"},
      {&put_, "INSERT OR IGNORE INTO dropped_builds VALUES (?, ?)"},
      {&take_, "DELETE FROM dropped_builds WHERE name = ? AND build = ?"},
      {&keep_numbers_, "UPDATE progress SET value = max(value, ?) WHERE name = 'numbers'"},
      {&next_,
       "SELECT number FROM flows WHERE build = ? AND (key = ? OR (key >= ? AND key < ?)) LIMIT ?"},
      {&erase_blocks_,
       "DELETE FROM posting_blocks WHERE number IN "
       "(SELECT number FROM posting_blocks WHERE flow = ? LIMIT ?)"},
      {&changes_, "SELECT changes()"},
      {&erase_state_, "DELETE FROM states WHERE flow = ?"},
      {&erase_flow_, "DELETE FROM flows WHERE number = ?"},
  });
  if (!prepared) return prepared;
  sqlite::statement known;
  auto listed = database.prepare({{&known, "SELECT name, build FROM dropped_builds"}});
  if (!listed) return listed;
  const auto guard = known.start();
  step next;
  while ((next = known.next()) == step::row) {
    left_.push_back(
        {std::string{known.bytes(0)}, build_number{static_cast<std::uint32_t>(known.integer(1))}});
  }
  return next == step::failed ? known.failure() : result<void>{};
}

result<void> dropped_builds::write(const commit_batch& batch, std::uint32_t next_number,
                                   std::int64_t log_end) {
  for (const auto& each : batch.dropped) {
    const auto build = static_cast<std::uint32_t>(each.build);
    if (auto done = erase_type_.run(std::string_view{each.type}, build); !done) return done;
    if (auto done = put_.run(std::string_view{each.type}, build); !done) return done;
    if (auto done = keep_numbers_.run(next_number); !done) return done;
    written_.push_back(each);
    log_end_ = log_end;
  }
  return {};
}

void dropped_builds::committed() {
  left_.erase(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(done_));
  left_.insert(left_.end(), written_.begin(), written_.end());
  rolled_back();
}

void dropped_builds::rolled_back() {
  written_.clear();
  done_ = 0;
}

result<void> dropped_builds::delete_slice() {
  auto room = static_cast<std::int64_t>(limits::drop_slice);
  while (done_ < left_.size() && room > 0) {
    const auto& of = left_[done_];
    auto deleted = delete_flows(of, room);
    if (!deleted) return deleted.error();
    room -= *deleted;
    if (room <= 0) return {};
    const auto build = static_cast<std::uint32_t>(of.build);
    if (auto done = take_.run(std::string_view{of.type}, build); !done) return done;
    ++done_;
  }
  return {};
}

/// At most `room` rows, or one flow more; how many. Fewer than `room`: all are gone.
result<std::int64_t> dropped_builds::delete_flows(const build_name& of, std::int64_t room) {
  const std::string first = of.type + '|';
  const std::string end = of.type + static_cast<char>('|' + 1);
  std::vector<std::int64_t> flows;
  {
    const auto guard = next_.start(static_cast<std::uint32_t>(of.build), std::string_view{of.type},
                                   std::string_view{first}, std::string_view{end}, room);
    step next;
    while ((next = next_.next()) == step::row) flows.push_back(next_.integer(0));
    if (next == step::failed) return next_.failure();
  }
  std::int64_t rows = 0;
  for (const auto flow : flows) {
    if (rows >= room) return rows;
    auto blocks = erase_blocks(flow, room - rows);
    if (!blocks) return blocks;
    rows += *blocks;
    if (rows >= room) return rows;
    if (auto done = erase_state_.run(flow); !done) return done.error();
    if (auto done = erase_flow_.run(flow); !done) return done.error();
    ++rows;
  }
  return rows;
}

result<std::int64_t> dropped_builds::erase_blocks(std::int64_t flow, std::int64_t room) {
  if (auto done = erase_blocks_.run(flow, room); !done) return done.error();
  const auto guard = changes_.start();
  if (changes_.next() != step::row) return changes_.failure();
  return changes_.integer(0);
}

}  // namespace millrace
