// The directory of flows, and their inboxes, as they are written.
#include <fmt/format.h>

#include <utility>

#include "base/invariant.hpp"
#include "store/checkpoint_log.hpp"
#include "store/checkpoint_record.hpp"
#include "store/flow_table.hpp"
#include "store/posting_block.hpp"

namespace millrace {

using sqlite::step;

namespace {

std::uint32_t to_integer(flow_number flow) { return static_cast<std::uint32_t>(flow); }

}  // namespace

result<void> flow_writer::prepare(sqlite::connection& database) {
  return database.prepare({
      {&insert_,
       "INSERT INTO flows (number, key, build, born) VALUES (?, ?, ?, ?) "
       "ON CONFLICT (number) DO UPDATE SET born = excluded.born"},
      {&insert_whole_,
       "INSERT INTO flows (number, key, build, born, checkpoint, stopped, record) "
       "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET born = excluded.born, "
       "checkpoint = excluded.checkpoint, stopped = excluded.stopped, record = excluded.record"},
      {&insert_with_inbox_,
       "INSERT INTO flows (number, key, build, born, latest, postings, tail) "
       "VALUES (?, ?, ?, ?, ?, ?, ?)"},
      {&tail_, "SELECT latest, tail FROM flows WHERE number = ?"},
      {&put_tail_,
       "UPDATE flows SET latest = ?, postings = postings + ?, tail = ? WHERE number = ?"},
      {&put_block_, "INSERT INTO posting_blocks (flow, last, block) VALUES (?, ?, ?)"},
      {&put_checkpoint_,
       "UPDATE flows SET checkpoint = ?, stopped = ?, record = ? WHERE number = ?"},
      // Of a flow whose directory entry was lost, nothing is kept.
      {&put_state_, "INSERT OR REPLACE INTO states SELECT number, ?2 FROM flows WHERE number = ?1"},
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
  if (auto done = add_postings(its); !done) return done;
  return insert_with_inbox_.run(to_integer(flow.number), std::string_view{flow.key.text()},
                                static_cast<std::uint32_t>(flow.build), born, *latest_,
                                static_cast<std::int64_t>(its.postings.size()),
                                std::string_view{block_});
}

result<void> flow_writer::write_whole(const flow_entry& flow, std::optional<position> born,
                                      const commit_batch::checkpoint_write& its) {
  const auto put = columns_of(its);
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

result<void> flow_writer::append(const posting_writes::write& write) {
  if (write.postings.empty()) return {};
  if (auto loaded = load_tail(write.flow); !loaded) return loaded;
  if (auto done = add_postings(write); !done) return done;
  const auto count = static_cast<std::int64_t>(write.postings.size());
  return put_tail_.run(*latest_, count, std::string_view{block_}, to_integer(write.flow));
}

/// After `latest_`, to `block_`: one that is full becomes a row.
result<void> flow_writer::add_postings(const posting_writes::write& write) {
  const std::uint32_t flow = to_integer(write.flow);
  for (const posting added : write.postings) {
    MILLRACE_INVARIANT(!latest_ || *latest_ < added.at);
    if (block_.size() + varint_size_max > posting_block_size) {
      auto done = put_block_.run(flow, *latest_, std::string_view{block_});
      if (!done) return done;
      block_.clear();
    }
    append_posting(block_, block_.empty() ? position{} : *latest_, added);
    latest_ = added.at;
  }
  return {};
}

result<void> flow_writer::load_tail(flow_number flow) {
  const auto guard = tail_.start(to_integer(flow));
  const step next = tail_.next();
  if (next == step::failed) return tail_.failure();
  if (next == step::done) {
    return error{errc::corrupt, fmt::format("there is no flow number {}", to_integer(flow))};
  }
  latest_ = tail_.maybe_at(0);
  block_ = tail_.bytes(1);
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

result<void> flow_writer::fold(flow_number flow, const columns& newest) {
  auto done =
      put_checkpoint_.run(newest.checkpoint, newest.stopped, newest.record, to_integer(flow));
  return done ? put_state(flow, newest) : done;
}

result<void> flow_writer::put_state(flow_number flow, const columns& newest) {
  if (newest.state == nullptr) return {};
  return put_state_.run(to_integer(flow), std::string_view{*newest.state});
}

}  // namespace millrace
