#include "store/flow_table.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/invariant.hpp"
#include "store/builds.hpp"
#include "store/checkpoint_log.hpp"
#include "store/posting_block.hpp"
#include "store/rules.hpp"

namespace millrace {

using sqlite::step;

namespace {

std::uint32_t to_integer(flow_number flow) { return static_cast<std::uint32_t>(flow); }

flow_number number_at(const sqlite::statement& row, int column) {
  return static_cast<flow_number>(static_cast<std::uint32_t>(row.integer(column)));
}

bool decodes(std::string_view record, v1::Checkpoint& checkpoint) {
  return checkpoint.ParseFromArray(record.data(), static_cast<int>(record.size()));
}

/// Of a flow whose generation is lost: half of a build's range is past all that were likely used.
constexpr std::uint64_t generations_passed = 32'768;

/// As row_of() reads them.
std::string select_rows(std::string_view from) {
  return fmt::format(
      "SELECT number, born, latest, postings, key, record, build, checkpoint FROM flows {}", from);
}

error damaged_postings(flow_number flow) {
  return {errc::corrupt, fmt::format("postings of flow number {} do not decode", to_integer(flow))};
}

// False: enough.
result<bool> collect(std::string_view block, std::optional<position> after, std::size_t limit,
                     flow_number flow, std::vector<posting>& found) {
  posting_block_reader reader{block};
  posting one;
  while (found.size() < limit && reader.next(one)) {
    if (!after || one.at > *after) found.push_back(one);
  }
  if (reader.damaged()) return damaged_postings(flow);
  return found.size() < limit;
}

// Of a block that may begin before the range, or end after it.
result<std::uint64_t> count_within(std::string_view block, std::optional<position> after,
                                   position until, flow_number flow) {
  std::uint64_t count = 0;
  posting_block_reader reader{block};
  posting one;
  while (reader.next(one) && one.at <= until) {
    if (!after || one.at > *after) ++count;
  }
  if (reader.damaged()) return damaged_postings(flow);
  return count;
}

}  // namespace

result<loaded_flow> loaded_from(flow_number flow, std::string_view record,
                                std::optional<std::string> state) {
  loaded_flow made;
  if (!decodes(record, made.checkpoint)) {
    return error{errc::corrupt,
                 fmt::format("the checkpoint of flow number {} does not decode", to_integer(flow))};
  }
  if (!state && made.checkpoint.has_life() && made.checkpoint.has_snapshot()) {
    return error{errc::corrupt, fmt::format("the state of flow number {} is lost: its checkpoint "
                                            "says that there is one",
                                            to_integer(flow))};
  }
  made.state = std::move(state).value_or("");
  return made;
}

result<void> flow_reader::prepare(sqlite::connection& database) {
  return database.prepare({
      {&count_, flow_count_query},
      {&by_name_, select_rows("WHERE key = ? AND build = ?")},
      {&known_, "SELECT number, born, latest FROM flows WHERE key = ? AND build = ?"},
      {&by_key_, select_rows("WHERE key = ? ORDER BY build")},
      {&by_number_, select_rows("WHERE number = ?")},
      {&load_,
       "SELECT record, state, flow FROM flows LEFT JOIN states ON flow = number "
       "WHERE number = ?"},
      {&blocks_,
       "SELECT block, last FROM posting_blocks WHERE flow = ? AND last > ? ORDER BY last"},
      {&tail_, "SELECT tail, latest FROM flows WHERE number = ? AND latest > ?"},
      {&pending_, select_rows("INDEXED BY flows_pending "
                              "WHERE status = 2 ORDER BY number")},
      {&all_, select_rows("ORDER BY key, build")},
      {&range_, select_rows("WHERE key >= ? AND key < ? ORDER BY key, build")},
      {&state_size_, "SELECT length(state) FROM states WHERE flow = ?"},
  });
}

result<std::uint32_t> flow_reader::count() {
  const auto guard = count_.start();
  if (count_.next() != step::row) return count_.failure();
  return static_cast<std::uint32_t>(count_.integer(0));
}

result<std::optional<flow_row>> flow_reader::one(sqlite::statement& query) {
  switch (query.next()) {
    case step::row: break;
    case step::done: return std::optional<flow_row>{};
    default: return query.failure();
  }
  auto row = row_of(query);
  if (!row) return row.error();
  return std::optional{std::move(*row)};
}

result<std::optional<flow_row>> flow_reader::find(const flow_key& key, build_number build) {
  const auto guard =
      by_name_.start(std::string_view{key.text()}, static_cast<std::uint32_t>(build));
  return one(by_name_);
}

result<std::optional<flow_row>> flow_reader::find(flow_number flow) {
  const auto guard = by_number_.start(to_integer(flow));
  return one(by_number_);
}

result<std::optional<flow_reader::raw>> flow_reader::load(flow_number flow) {
  const auto guard = load_.start(to_integer(flow));
  const step next = load_.next();
  if (next == step::failed) return load_.failure();
  if (next == step::done || load_.is_null(0)) return std::optional<raw>{};
  raw loaded{std::string{load_.bytes(0)}, {}};
  if (!load_.is_null(2)) loaded.state = load_.bytes(1);
  return std::optional{std::move(loaded)};
}

result<flow_row> flow_reader::row_of(const sqlite::statement& query) {
  flow_row row;
  row.entry.number = number_at(query, 0);
  row.entry.born = query.maybe_at(1).value_or(unplaced);
  row.entry.build = static_cast<build_number>(static_cast<std::uint32_t>(query.integer(6)));
  row.latest = query.maybe_at(2);
  row.postings = static_cast<std::uint64_t>(query.integer(3));
  row.entry.key = flow_key::parse(std::string{query.bytes(4)});
  if (decodes(query.bytes(5), row.checkpoint)) return row;
  row.checkpoint.Clear();
  if (query.integer(7) >= 0) {
    row.checkpoint.set_position(static_cast<std::uint64_t>(query.integer(7)));
  }
  if (auto done = stop_damaged(row); !done) return done.error();
  return row;
}

result<void> flow_reader::lay_over(flow_row& row, const overlaid* newest) {
  if (newest == nullptr || decodes(newest->record, row.checkpoint)) return {};
  row.checkpoint.Clear();
  return stop_damaged(row);
}

/// Its position, when that is known, is there. Otherwise it may have handled all that was routed to
/// it: a topic that is reset must not emit that again.
result<void> flow_reader::stop_damaged(flow_row& row) {
  auto& checkpoint = row.checkpoint;
  std::optional<position> after;
  if (checkpoint.has_position()) {
    after = position{checkpoint.position()};
  } else if (row.latest) {
    checkpoint.set_replay_until(row.latest->value);
  }
  auto waiting = postings(row.entry.number, after, 1);
  const bool is_known = waiting && !waiting->empty();
  const position next = after ? after->next() : position{};
  checkpoint.set_error_position(is_known ? waiting->front().at.value : next.value);
  checkpoint.set_error_message("its checkpoint does not decode: only `reset` replaces it");
  checkpoint.set_generation(first_generation(row.entry.build) + generations_passed);
  return waiting || waiting.error().code == errc::corrupt ? result<void>{} : waiting.error();
}

result<std::vector<posting>> flow_reader::postings(flow_number flow, std::optional<position> after,
                                                   std::size_t limit) {
  std::vector<posting> found;
  const std::int64_t start = after ? sqlite::to_integer(*after) : -1;
  // The blocks end before the tail begins.
  for (sqlite::statement* query : {&blocks_, &tail_}) {
    const auto guard = query->start(to_integer(flow), start);
    while (true) {
      const step next = query->next();
      if (next == step::failed) return query->failure();
      if (next == step::done) break;
      auto more = collect(query->bytes(0), after, limit, flow, found);
      if (!more) return more.error();
      if (!*more) return found;
    }
  }
  return found;
}

result<std::uint64_t> flow_reader::count_postings(flow_number flow, std::optional<position> after,
                                                  position until) {
  std::uint64_t count = 0;
  const std::int64_t start = after ? sqlite::to_integer(*after) : -1;
  bool first = after.has_value();  // only the first block may begin before the range
  for (sqlite::statement* query : {&blocks_, &tail_}) {
    const auto guard = query->start(to_integer(flow), start);
    while (true) {
      const step next = query->next();
      if (next == step::failed) return query->failure();
      if (next == step::done) break;
      const auto block = query->bytes(0);
      if (!std::exchange(first, false) && query->at(1) <= until) {
        count += posting_count(block);
        continue;
      }
      auto within = count_within(block, after, until, flow);
      if (!within) return within.error();
      count += *within;
      if (query->at(1) > until) return count;
    }
  }
  return count;
}

result<std::uint64_t> flow_reader::state_size(flow_number flow) {
  const auto guard = state_size_.start(to_integer(flow));
  const step next = state_size_.next();
  if (next == step::failed) return state_size_.failure();
  return next == step::row ? static_cast<std::uint64_t>(state_size_.integer(0)) : std::uint64_t{0};
}

result<std::uint64_t> flow_reader::pending(const overlay_view& overlay,
                                           const store::flow_visitor& visit) {
  std::uint64_t rows = 0;
  // The index knows the table only. So the overlay goes beside it in the same order: it takes flows
  // off the index's list, and names others that are pending again.
  auto newer = overlay.entries().begin();
  const auto end = overlay.entries().end();
  const auto guard = pending_.start();
  while (true) {
    const step next = pending_.next();
    if (next == step::failed) return pending_.failure();
    const bool is_row = next == step::row;
    for (; newer != end && (!is_row || newer->first < number_at(pending_, 0)); ++newer) {
      if (newer->second->stopped) continue;
      auto row = find(newer->first);
      if (!row) return row.error();
      if (!*row) continue;
      if (auto done = lay_over(**row, newer->second.get()); !done) return done.error();
      if (!is_pending((*row)->latest, (*row)->checkpoint)) continue;
      ++rows;
      if (!visit(**row)) return rows;
    }
    if (!is_row) return rows;
    auto row = row_of(pending_);
    if (!row) return row.error();
    if (newer != end && newer->first == row->entry.number) {
      if (auto done = lay_over(*row, newer->second.get()); !done) return done.error();
      ++newer;
    }
    if (!is_pending(row->latest, row->checkpoint)) continue;
    ++rows;
    if (!visit(*row)) return rows;
  }
}

result<bool> flow_reader::visit_range(sqlite::statement& query, const overlay_view& overlay,
                                      const store::flow_visitor& visit, std::uint64_t& rows) {
  while (true) {
    const step next = query.next();
    if (next == step::failed) return query.failure();
    if (next == step::done) return true;
    auto row = row_of(query);
    if (!row) return row.error();
    auto done = lay_over(*row, overlay.find(row->entry.number));
    if (!done) return done.error();
    ++rows;
    if (!visit(*row)) return false;
  }
}

result<std::uint64_t> flow_reader::all(std::string_view type, const overlay_view& overlay,
                                       const store::flow_visitor& visit) {
  std::uint64_t rows = 0;
  if (type.empty()) {
    const auto guard = all_.start();
    auto more = visit_range(all_, overlay, visit, rows);
    return more ? result<std::uint64_t>{rows} : more.error();
  }
  // The single instance, and then the ids: `T`, `T1` and `T|a` are in this order.
  {
    const auto guard = by_key_.start(type);
    auto more = visit_range(by_key_, overlay, visit, rows);
    if (!more) return more.error();
    if (!*more) return rows;
  }
  const std::string first = std::string{type} + '|';
  const std::string end = std::string{type} + static_cast<char>('|' + 1);
  const auto guard = range_.start(std::string_view{first}, std::string_view{end});
  auto more = visit_range(range_, overlay, visit, rows);
  return more ? result<std::uint64_t>{rows} : more.error();
}

}  // namespace millrace
