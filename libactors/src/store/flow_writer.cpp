// The directory of flows, and their inboxes, as they are written.
#include <fmt/format.h>

#include <functional>
#include <utility>

#include "base/invariant.hpp"
#include "store/checkpoint_log.hpp"
#include "store/checkpoint_record.hpp"
#include "store/flow_table.hpp"
#include "store/posting_block.hpp"
#include "store/row_status.hpp"

namespace millrace {

namespace {

std::uint32_t to_integer(flow_number flow) { return static_cast<std::uint32_t>(flow); }

}  // namespace

result<void> flow_writer::prepare(sqlite::connection& database) {
  return database.prepare({
      {&insert_,
       "INSERT INTO flows (number, key, build, born) VALUES (?, ?, ?, ?) "
       "ON CONFLICT (number) DO UPDATE SET born = excluded.born"},
      {&insert_whole_,
       "INSERT INTO flows (number, key, build, born, checkpoint, status, record) "
       "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET born = excluded.born, "
       "checkpoint = excluded.checkpoint, record = excluded.record, status = " +
           status_sql("excluded.status", "latest", "excluded.checkpoint")},
      {&insert_with_inbox_,
       "INSERT INTO flows (number, key, build, born, latest, postings, tail, status) "
       "VALUES (?, ?, ?, ?, ?, ?, ?, 2)"},
      {&put_tail_,
       "UPDATE flows SET tail = edited(?1, tail, latest, checkpoint, status), latest = ?2, "
       "postings = postings + ?3, status = " +
           status_sql("status", "?2", "checkpoint") + " WHERE number = ?4"},
      {&put_tail_of_pending_,
       "UPDATE flows SET tail = edited(?1, tail, latest, checkpoint, status), latest = ?2, "
       "postings = postings + ?3 WHERE number = ?4"},
      {&put_block_, "INSERT INTO posting_blocks (flow, last, block) VALUES (?, ?, ?)"},
      {&put_checkpoint_, "UPDATE flows SET checkpoint = ?1, record = ?3, status = " +
                             status_sql("?2", "latest", "?1") + " WHERE number = ?4"},
      {&put_state_, "INSERT OR REPLACE INTO states VALUES (?, ?)"},
  });
}

result<void> flow_writer::write_entries(const commit_batch& batch, const checkpoint_writes& whole,
                                        flow_number first_new) {
  find_first_postings(batch, first_new);
  for (const flow_entry& flow : batch.flows) {
    if (auto done = write_entry(flow, whole); !done) return done;
  }
  return {};
}

result<void> flow_writer::write_entry(const flow_entry& flow, const checkpoint_writes& whole) {
  const auto born = flow.born == unplaced ? std::nullopt : std::optional{flow.born};
  if (const auto* its = find_write(whole, flow.number)) return write_whole(flow, born, *its);
  if (const auto its = take_first_postings(flow.number)) return write_with_inbox(flow, born, *its);
  return insert_.run(to_integer(flow.number), std::string_view{flow.key.text()},
                     static_cast<std::uint32_t>(flow.build), born);
}

/// Postings of flows that are new with this batch, unless their inboxes are something else besides.
void flow_writer::find_first_postings(const commit_batch& batch, flow_number first_new) {
  first_new_ = to_integer(first_new);
  first_postings_.clear();
  written_.clear();
  if (batch.flows.empty() || !batch.rewritten.empty() || !batch.erased.empty()) return;
  for (const auto write : batch.postings) {
    const auto number = to_integer(write.flow);
    if (number < first_new_ || write.postings.empty()) continue;
    const std::size_t place = number - first_new_;
    if (place >= first_postings_.size()) first_postings_.resize(place + 1);
    first_postings_[place] = write;
  }
  written_.resize(first_postings_.size());
}

/// None: it has none, or they were taken.
std::optional<posting_writes::write> flow_writer::take_first_postings(flow_number flow) {
  if (to_integer(flow) < first_new_) return std::nullopt;
  const std::size_t place = to_integer(flow) - first_new_;
  if (place >= first_postings_.size() || !first_postings_[place]) return std::nullopt;
  written_[place] = 1;
  return std::exchange(first_postings_[place], std::nullopt);
}

/// One row at once costs half of an entry that is changed afterwards.
result<void> flow_writer::write_with_inbox(const flow_entry& flow, std::optional<position> born,
                                           const posting_writes::write& its) {
  latest_.reset();
  block_.clear();
  full_.clear();  // of one that failed
  add_postings(its);
  if (auto done = put_blocks(flow.number); !done) return done;
  note_pending(flow.number, true);
  return insert_with_inbox_.run(to_integer(flow.number), std::string_view{flow.key.text()},
                                static_cast<std::uint32_t>(flow.build), born, *latest_,
                                static_cast<std::int64_t>(its.postings.size()),
                                std::string_view{block_});
}

result<void> flow_writer::write_whole(const flow_entry& flow, std::optional<position> born,
                                      const commit_batch::checkpoint_write& its) {
  const auto put = columns_of(its);
  note_pending(flow.number, false);
  auto done = insert_whole_.run(to_integer(flow.number), std::string_view{flow.key.text()},
                                static_cast<std::uint32_t>(flow.build), born, put.checkpoint,
                                put.stopped, put.record);
  return done ? put_state(flow.number, put) : done;
}

result<void> flow_writer::write_postings(const commit_batch& batch) {
  for (const auto write : batch.postings) {
    const std::size_t place = to_integer(write.flow) - first_new_;  // of one that was there: huge
    if (place < written_.size() && written_[place] != 0) continue;
    if (auto done = append(write); !done) return done;
  }
  return {};
}

/// Sought and read once: its tail is made anew while the row is changed. A statement that sets the
/// status touches the index of pending flows, also when it stays what it was.
result<void> flow_writer::append(const posting_writes::write& write) {
  if (write.postings.empty()) return {};
  const auto flow = to_integer(write.flow);
  const bool was_pending = flow < is_pending_.size() && is_pending_[flow];
  const position last = write.postings.back().at;
  bool is_there = false;
  const auto extend = [&](const sqlite::row_view& row) -> std::string_view {
    is_there = true;
    full_.clear();
    block_ = row.bytes(0);
    latest_ = row.maybe_at(1);
    const bool is_stopped = row.integer(3) == static_cast<std::int64_t>(row_status::stopped);
    note_pending(write.flow, !is_stopped && sqlite::to_integer(last) > row.integer(2));
    add_postings(write);
    return block_;
  };
  const auto count = static_cast<std::int64_t>(write.postings.size());
  auto& put = was_pending ? put_tail_of_pending_ : put_tail_;
  if (auto done = put.edit(std::ref(extend), last, count, flow); !done) return done;
  if (!is_there) return error{errc::corrupt, fmt::format("there is no flow number {}", flow)};
  return put_blocks(write.flow);
}

void flow_writer::note_pending(flow_number flow, bool is_so) {
  const std::size_t number = to_integer(flow);
  if (is_so && number >= is_pending_.size()) is_pending_.resize(number + 1);
  if (number < is_pending_.size()) is_pending_[number] = is_so;
}

/// After `latest_`, to `block_`: one that is full goes to `full_`.
void flow_writer::add_postings(const posting_writes::write& write) {
  for (const posting added : write.postings) {
    MILLRACE_INVARIANT(!latest_ || *latest_ < added.at);
    if (block_.size() + varint_size_max > posting_block_size) {
      full_.push_back({*latest_, block_});
      block_.clear();
    }
    append_posting(block_, block_.empty() ? position{} : *latest_, added);
    latest_ = added.at;
  }
}

/// Becomes rows.
result<void> flow_writer::put_blocks(flow_number flow) {
  for (const auto& each : full_) {
    auto done = put_block_.run(to_integer(flow), each.last, std::string_view{each.block});
    if (!done) return done;
  }
  full_.clear();
  return {};
}

result<void> flow_writer::fold(const checkpoint_writes& all) {
  for (const auto* one : all) {
    if (auto done = fold(one->flow, columns_of(*one)); !done) return done;
  }
  return {};
}

result<void> flow_writer::fold(flow_number flow, const overlaid& newest) {
  return fold(flow, columns{newest.checkpoint, newest.stopped, newest.record, newest.state.get()});
}

/// Until the next one.
flow_writer::columns flow_writer::columns_of(const commit_batch::checkpoint_write& its) {
  const auto& said = its.checkpoint;
  said.SerializeToString(&record_);
  return {position_or_none(said), said.has_error_position(), record_,
          its.state ? &*its.state : nullptr};
}

/// Of a flow whose directory entry was lost, nothing is kept.
result<void> flow_writer::fold(flow_number flow, const columns& newest) {
  note_pending(flow, false);
  auto changed =
      put_checkpoint_.change(newest.checkpoint, newest.stopped, newest.record, to_integer(flow));
  if (!changed) return changed.error();
  return *changed > 0 ? put_state(flow, newest) : result<void>{};
}

result<void> flow_writer::put_state(flow_number flow, const columns& newest) {
  if (newest.state == nullptr) return {};
  return put_state_.run(to_integer(flow), std::string_view{*newest.state});
}

}  // namespace millrace
