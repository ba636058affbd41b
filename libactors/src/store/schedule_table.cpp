#include "store/schedule_table.hpp"

#include <algorithm>
#include <limits>

namespace millrace {

using sqlite::step;

namespace {

schedule_entry entry_of(const sqlite::statement& row) {
  return {row.at(0),       row.time(1),        std::string{row.bytes(2)}, std::string{row.bytes(3)},
          row.maybe_at(4), row.integer(5) != 0};
}

result<std::vector<schedule_entry>> collect(sqlite::statement& query) {
  std::vector<schedule_entry> entries;
  while (true) {
    const step next = query.next();
    if (next == step::failed) return query.failure();
    if (next == step::done) return entries;
    entries.push_back(entry_of(query));
  }
}

}  // namespace

result<void> schedule_writer::prepare(sqlite::connection& database) {
  return database.prepare({
      {&insert_, "INSERT OR REPLACE INTO schedule VALUES (?, ?, ?, ?, ?, ?)"},
      {&activate_, "UPDATE schedule SET inert = 0 WHERE position = ?"},
      {&erase_, "DELETE FROM schedule WHERE position = ?"},
  });
}

result<void> schedule_writer::write(const commit_batch& batch) {
  for (const schedule_entry& entry : batch.scheduled) {
    std::optional<std::string_view> flow;
    if (!entry.flow.empty()) flow = entry.flow;
    auto done = insert_.run(entry.at, entry.due, std::string_view{entry.type}, flow, entry.set_by,
                            entry.inert);
    if (!done) return done;
  }
  for (const position at : batch.activated) {
    if (auto done = activate_.run(at); !done) return done;
  }
  for (const position at : batch.unscheduled) {
    if (auto done = erase_.run(at); !done) return done;
  }
  return {};
}

result<void> schedule_reader::prepare(sqlite::connection& database) {
  return database.prepare({
      {&after_,
       "SELECT position, due, type, flow, set_by, inert FROM schedule "
       "WHERE (due, position) > (?, ?) ORDER BY due, position LIMIT ?"},
      {&active_after_,
       "SELECT position, due, type, flow, set_by, inert FROM schedule INDEXED BY schedule_active "
       "WHERE inert = 0 AND (due, position) > (?, ?) ORDER BY due, position LIMIT ?"},
      {&find_, "SELECT position, due, type, flow, set_by, inert FROM schedule WHERE position = ?"},
      {&of_flow_,
       "SELECT position, due, type, flow, set_by, inert FROM schedule "
       "WHERE flow = ? ORDER BY position"},
  });
}

result<std::vector<schedule_entry>> schedule_reader::after(
    store::timers which, std::optional<std::pair<timestamp, position>> place, std::size_t limit) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const auto rows = static_cast<std::int64_t>(std::min(limit, static_cast<std::size_t>(most)));
  const auto due = place ? std::int64_t{place->first.time_since_epoch().count()}
                         : std::numeric_limits<std::int64_t>::min();
  const auto at = place ? sqlite::to_integer(place->second) : std::int64_t{-1};
  auto& query = which == store::timers::all ? after_ : active_after_;
  const auto guard = query.start(due, at, rows);
  return collect(query);
}

result<std::optional<schedule_entry>> schedule_reader::find(position at) {
  const auto guard = find_.start(at);
  switch (find_.next()) {
    case step::row: return std::optional{entry_of(find_)};
    case step::done: return std::optional<schedule_entry>{};
    default: return find_.failure();
  }
}

result<std::vector<schedule_entry>> schedule_reader::of_flow(const flow_key& flow) {
  const auto guard = of_flow_.start(std::string_view{flow.text()});
  return collect(of_flow_);
}

}  // namespace millrace
