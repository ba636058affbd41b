#include "store/timeline_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "store/rules.hpp"

namespace millrace {

using sqlite::step;

namespace {

// Of one read transaction. About 5 ms of scanning; starting the next one costs 5 µs.
constexpr std::uint64_t scan_rows_max = 16'384;
constexpr std::size_t scan_size_max = std::size_t{8} << 20;

// Rows between two wanted ones that are cheaper to step over than to search past.
constexpr std::uint64_t step_over_max = 8;

// Of one statement: a third of what a row costs is to begin and end a statement. More bring little.
constexpr std::size_t rows_at_once = 8;

// FAIL, not ABORT: the transaction is rolled back whole, so that a statement needs no journal.
constexpr std::string_view insert_events =
    "INSERT OR FAIL INTO events VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), "
    "(?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?)";

/// In the order of the columns.
using event_values = std::tuple<position, std::int64_t, timestamp, std::string_view,
                                std::optional<std::string_view>>;

event_values values_of(const event_row& event, std::int64_t type) {
  std::optional<std::string_view> envelope;
  if (!event.envelope.empty()) envelope = event.envelope;
  return {event.at, type, event.time, event.payload, envelope};
}

result<void> run(sqlite::statement& insert, const event_values& row) {
  return std::apply([&](const auto&... values) { return insert.run(values...); }, row);
}

template <std::size_t... Number>
result<void> run(sqlite::statement& insert, const std::array<event_values, rows_at_once>& rows,
                 std::index_sequence<Number...> /*all of them*/) {
  return std::apply([&](const auto&... values) { return insert.run(values...); },
                    std::tuple_cat(rows[Number]...));
}

}  // namespace

result<void> timeline_writer::prepare(sqlite::connection& database) {
  auto prepared = database.prepare({
      {&insert_event_, "INSERT INTO events VALUES (?, ?, ?, ?, ?)"},
      {&insert_events_, insert_events},
      {&insert_type_, "INSERT INTO event_types VALUES (?, ?)"},
      {&insert_id_, "INSERT INTO recent_ids VALUES (?, ?, ?)"},
      {&forget_ids_, "DELETE FROM recent_ids WHERE position < ?"},
      {&put_import_, "INSERT OR REPLACE INTO imports VALUES (?, ?)"},
      {&all_types_, "SELECT id, name FROM event_types"},
      {&all_ids_, "SELECT position, time FROM recent_ids ORDER BY position"},
  });
  if (!prepared) return prepared;
  if (auto loaded = load_types(); !loaded) return loaded;
  return load_ids();
}

result<void> timeline_writer::write(const commit_batch& batch) {
  if (auto done = write_events(batch.events); !done) return done;
  if (!batch.imports.empty()) {
    if (auto done = write_imports(batch.imports); !done) return done;
  }
  return batch.ids.empty() ? result<void>{} : write_ids(batch.ids);
}

result<void> timeline_writer::write_events(std::span<const event_row> events) {
  std::array<event_values, rows_at_once> rows;
  while (!events.empty()) {
    const auto count = events.size() < rows_at_once ? 1 : rows_at_once;
    for (std::size_t i = 0; i < count; ++i) {
      auto type = type_id(events[i].type);
      if (!type) return type.error();
      rows[i] = values_of(events[i], *type);
    }
    auto done = count == 1 ? run(insert_event_, rows.front())
                           : run(insert_events_, rows, std::make_index_sequence<rows_at_once>{});
    if (!done) return done;
    events = events.subspan(count);
  }
  return {};
}

result<void> timeline_writer::write_imports(const std::vector<v1::Import>& imports) {
  for (const v1::Import& each : imports) {
    const std::string record = each.SerializeAsString();
    auto done = put_import_.run(static_cast<std::int64_t>(each.number()), std::string_view{record});
    if (!done) return done;
  }
  return {};
}

result<std::int64_t> timeline_writer::type_id(std::string_view name) {
  if (last_type_ != nullptr && last_type_->first == name) return last_type_->second;
  if (const auto known = types_.find(name); known != types_.end()) {
    last_type_ = &*known;
    return known->second;
  }
  const auto id = static_cast<std::int64_t>(types_.size() + 1);
  if (auto done = insert_type_.run(id, name); !done) return done.error();
  types_.emplace(name, id);
  new_types_.emplace_back(name);
  return id;
}

result<void> timeline_writer::write_ids(const std::vector<remembered_id>& ids) {
  for (const remembered_id& id : ids) {
    auto done = insert_id_.run(id.at, id.time, std::string_view{id.id});
    if (!done) return done;
    ids_.push_back({id.at, id.time});
  }
  const std::size_t before = ids_.size();
  while (left_id_window(ids_.size(), ids_.front().time, ids_.back().time)) ids_.pop_front();
  return ids_.size() == before ? result<void>{} : forget_ids_.run(ids_.front().at);
}

result<void> timeline_writer::rolled_back() {
  last_type_ = nullptr;
  for (const std::string& name : new_types_) types_.erase(name);
  new_types_.clear();
  return load_ids();
}

result<void> timeline_writer::load_types() {
  const auto guard = all_types_.start();
  while (true) {
    const step next = all_types_.next();
    if (next == step::failed) return all_types_.failure();
    if (next == step::done) return {};
    types_.emplace(all_types_.bytes(1), all_types_.integer(0));
  }
}

result<void> timeline_writer::load_ids() {
  ids_.clear();
  const auto guard = all_ids_.start();
  while (true) {
    const step next = all_ids_.next();
    if (next == step::failed) return all_ids_.failure();
    if (next == step::done) return {};
    ids_.push_back({all_ids_.at(0), all_ids_.time(1)});
  }
}

result<void> timeline_reader::prepare(sqlite::connection& database) {
  return database.prepare({
      {&scan_,
       "SELECT position, type, time, payload, envelope FROM events "
       "WHERE position >= ? AND position < ? ORDER BY position"},
      {&visit_,
       "SELECT each_row(?1, position, type, time, payload, envelope) FROM events "
       "WHERE position >= ?2 AND position < ?3"},
      {&tail_, "SELECT max(position) FROM events"},
      {&types_after_, "SELECT id, name FROM event_types WHERE id > ? ORDER BY id"},
      {&imports_, "SELECT record FROM imports ORDER BY number"},
      {&ids_, "SELECT position, time, id FROM recent_ids ORDER BY position"},
  });
}

result<event_row> timeline_reader::row() {
  auto type = type_name(scan_.integer(1));
  if (!type) return type.error();
  return event_row{scan_.at(0), *type, scan_.time(2), scan_.bytes(3), scan_.bytes(4)};
}

result<timeline_reader::progress> timeline_reader::scan_some(position from, position to,
                                                             const store::row_visitor& visit) {
  progress made{from, 0, false};
  std::size_t size = 0;
  std::optional<error> damage;
  const auto look = [&](const sqlite::row_view& row) {
    const auto type = type_name(row.integer(1));
    const position at{static_cast<std::uint64_t>(row.integer(0))};
    if (!type) {
      damage = type.error();
    } else if (at < made.next) {
      damage = error{errc::corrupt, fmt::format("the timeline is not in order: position {} comes "
                                                "where {} or later is due",
                                                at.value, made.next.value)};
    }
    if (damage) return false;
    const event_row event{at, *type, timestamp{std::chrono::microseconds{row.integer(2)}},
                          row.bytes(3), row.bytes(4)};
    ++made.rows;
    made.next = event.at.next();
    size += event.payload.size() + event.envelope.size();
    if (!visit(event)) return false;
    made.more = made.rows == scan_rows_max || size >= scan_size_max;
    return !made.more;
  };
  auto done = visit_.visit(look, from, to);
  if (damage) return *damage;
  if (!done) return done.error();
  return made;
}

result<std::uint64_t> timeline_reader::fetch(std::span<const position> at,
                                             const store::row_visitor& visit) {
  std::uint64_t rows = 0;
  while (!at.empty()) {
    // One run of the cursor: as long as the next wanted row is near.
    const auto guard = scan_.start(at.front(), at.back().next());
    while (true) {
      const step next = scan_.next();
      if (next == step::failed) return scan_.failure();
      if (next == step::done) return rows;
      const position here = scan_.at(0);
      while (!at.empty() && at.front() < here) at = at.subspan(1);
      if (at.empty()) return rows;
      if (at.front() == here) {
        auto event = row();
        if (!event) return event.error();
        ++rows;
        if (!visit(*event)) return rows;
        at = at.subspan(1);
        if (at.empty()) return rows;
      }
      if (at.front().value - here.value > step_over_max) break;
    }
  }
  return rows;
}

result<std::string_view> timeline_reader::type_name(std::int64_t id) {
  const auto index = static_cast<std::size_t>(id - 1);
  if (index < types_.size()) [[likely]]
    return std::string_view{types_[index]};
  const auto guard = types_after_.start(static_cast<std::int64_t>(types_.size()));
  while (types_after_.next() == step::row) {
    if (types_after_.integer(0) != static_cast<std::int64_t>(types_.size() + 1)) break;
    types_.emplace_back(types_after_.bytes(1));
  }
  if (index < types_.size()) return std::string_view{types_[index]};
  return error{errc::corrupt, fmt::format("an event has the unknown type number {}", id)};
}

result<position> timeline_reader::tail() {
  const auto guard = tail_.start();
  if (tail_.next() != step::row) return tail_.failure();
  const auto last = tail_.maybe_at(0);
  return last ? last->next() : position{};
}

result<std::vector<v1::Import>> timeline_reader::imports() {
  std::vector<v1::Import> all;
  const auto guard = imports_.start();
  while (true) {
    const step next = imports_.next();
    if (next == step::failed) return imports_.failure();
    if (next == step::done) return all;
    const auto record = imports_.bytes(0);
    if (!all.emplace_back().ParseFromArray(record.data(), static_cast<int>(record.size()))) {
      return error{errc::corrupt, "the record of an import does not decode"};
    }
  }
}

result<std::vector<remembered_id>> timeline_reader::recent_ids() {
  std::vector<remembered_id> ids;
  const auto guard = ids_.start();
  while (true) {
    const step next = ids_.next();
    if (next == step::failed) return ids_.failure();
    if (next == step::done) return ids;
    ids.push_back({std::string{ids_.bytes(2)}, ids_.at(0), ids_.time(1)});
  }
}

}  // namespace millrace
