#include "store/checkpoint_log.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "store/checkpoint_record.hpp"

namespace millrace {

using sqlite::step;

namespace {

error damaged_row(std::int64_t seq) {
  return {errc::corrupt,
          fmt::format("row {} of the checkpoint log does not decode, so nobody knows which flows' "
                      "newest checkpoints are lost: go back to a copy of the store, or `export` "
                      "the timeline and `import` it into a new one",
                      seq)};
}

// Whether rows after `last` hold all of it, so that its turn will come with them.
bool is_later(const overlaid& newest, std::int64_t last) {
  return newest.seq > last && (!newest.state || newest.state_seq > last);
}

}  // namespace

checkpoint_plan plan_checkpoints(const commit_batch& batch, const checkpoint_overlay& logged,
                                 std::size_t many) {
  checkpoint_plan made;
  const bool are_many = batch.checkpoints.size() >= many;
  std::vector<flow_number> entered;
  for (const auto& flow : batch.flows) entered.push_back(flow.number);
  std::sort(entered.begin(), entered.end());
  for (const auto& one : batch.checkpoints) {
    const bool is_entered = std::binary_search(entered.begin(), entered.end(), one.flow);
    const bool may_pass = (is_entered || are_many) && logged.newest(one.flow) == nullptr;
    (!may_pass ? made.logged : is_entered ? made.with_entries : made.folded).push_back(&one);
  }
  for (auto* part : {&made.with_entries, &made.folded}) {
    std::sort(part->begin(), part->end(),
              [](const auto* one, const auto* two) { return one->flow < two->flow; });
  }
  return made;
}

const commit_batch::checkpoint_write* find_write(const checkpoint_writes& in, flow_number flow) {
  const auto found =
      std::lower_bound(in.begin(), in.end(), flow,
                       [](const auto* one, flow_number number) { return one->flow < number; });
  return found != in.end() && (*found)->flow == flow ? *found : nullptr;
}

result<void> checkpoint_log::prepare(sqlite::connection& database) {
  auto prepared = database.prepare({
      {&insert_, "INSERT INTO checkpoint_log VALUES (?, ?)"},
      {&erase_, "DELETE FROM checkpoint_log WHERE seq <= ?"},
      {&put_folded_, "UPDATE progress SET value = ? WHERE name = 'folded'"},
  });
  return prepared ? load(database) : prepared;
}

result<void> checkpoint_log::load(sqlite::connection& database) {
  checkpoint_log_reader reader;
  if (auto prepared = reader.prepare(database); !prepared) return prepared;
  auto version = reader.version();
  if (!version) return version.error();
  version_ = *version;
  checkpoint_overlay::map entries;
  auto loaded = reader.each([&](std::int64_t seq, std::string_view records) -> result<void> {
    row found{seq, {}, records.size()};
    while (!records.empty()) {
      logged_checkpoint logged;
      if (!take_logged(records, logged)) return damaged_row(seq);
      overlay_with(entries, logged, seq);
      found.flows.push_back(logged.flow);
    }
    count(found);
    rows_.push_back(std::move(found));
    return {};
  });
  if (loaded) overlay_.replace(version_, std::move(entries));
  return loaded;
}

void checkpoint_log::count(const row& added) {
  left_.entries += added.flows.size();
  left_.size += added.size;
}

result<void> checkpoint_log::write(const checkpoint_writes& all) {
  if (all.empty()) return {};
  encoded_.clear();
  row added{version_.newest + 1, {}, 0};
  for (const auto* one : all) {
    const auto& write = *one;
    auto after = std::make_shared<overlaid>();
    after->seq = after->state_seq = added.seq;
    write.checkpoint.SerializeToString(&after->record);
    after->checkpoint = position_or_none(write.checkpoint);
    after->stopped = write.checkpoint.has_error_position();
    logged_checkpoint logged{write.flow, after->record, std::nullopt};
    if (write.state) {
      logged.state = *write.state;
      after->state = std::make_shared<const std::string>(*write.state);
    }
    append_logged(encoded_, logged);
    added.flows.push_back(write.flow);
    written_[write.flow] = std::move(after);
  }
  added.size = encoded_.size();
  written_row_ = std::move(added);
  return insert_.run(written_row_->seq, std::string_view{encoded_});
}

result<void> checkpoint_log::fold_slice(flow_writer& flows) {
  const std::size_t before = folded_.size();
  while (folded_rows_ < rows_.size() && folded_.size() - before < limits::fold_slice) {
    const row& oldest = rows_[folded_rows_++];
    folded_.insert(folded_.end(), oldest.flows.begin(), oldest.flows.end());
    left_.entries -= oldest.flows.size();
    left_.size -= oldest.size;
  }
  if (folded_.size() == before) return {};
  // In order of the table, each once.
  const auto first = folded_.begin() + static_cast<std::ptrdiff_t>(before);
  std::sort(first, folded_.end());
  folded_.erase(std::unique(first, folded_.end()), folded_.end());
  const std::int64_t last = rows_[folded_rows_ - 1].seq;
  std::size_t kept = before;
  for (std::size_t i = before; i < folded_.size(); ++i) {
    const overlaid_ptr newest = overlay_.newest(folded_[i]);
    if (!newest || is_later(*newest, last)) continue;
    if (auto done = flows.fold(folded_[i], *newest); !done) return done;
    // It stays in the overlay while a later row names it: nothing may go past the log until then.
    if (newest->seq <= last) folded_[kept++] = folded_[i];
  }
  folded_.resize(kept);
  if (auto done = erase_.run(last); !done) return done;
  return put_folded_.run(last);
}

void checkpoint_log::committed() {
  if (!written_row_ && folded_rows_ == 0) return;
  if (folded_rows_ > 0) version_.folded = rows_[folded_rows_ - 1].seq;
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(folded_rows_));
  if (written_row_) {
    version_.newest = written_row_->seq;
    count(*written_row_);
    rows_.push_back(std::move(*written_row_));
  }
  overlay_.apply(version_, folded_, written_);
  folded_rows_ = 0;
  folded_.clear();
  written_.clear();
  written_row_.reset();
}

void checkpoint_log::rolled_back() {
  for (std::size_t i = 0; i < folded_rows_; ++i) count(rows_[i]);
  folded_rows_ = 0;
  folded_.clear();
  written_.clear();
  written_row_.reset();
}

result<void> checkpoint_log_reader::prepare(sqlite::connection& database) {
  return database.prepare({
      // An empty log was folded as far as it was written.
      {&version_,
       "SELECT coalesce((SELECT max(seq) FROM checkpoint_log), value), value FROM progress "
       "WHERE name = 'folded'"},
      {&rows_, "SELECT seq, records FROM checkpoint_log ORDER BY seq"},
  });
}

result<log_version> checkpoint_log_reader::version() {
  const auto guard = version_.start();
  switch (version_.next()) {
    case step::row: return log_version{version_.integer(0), version_.integer(1)};
    case step::done: return error{errc::corrupt, "the folded position is missing"};
    default: return version_.failure();
  }
}

result<void> checkpoint_log_reader::each(const row_visitor& visit) {
  const auto guard = rows_.start();
  while (true) {
    const step next = rows_.next();
    if (next == step::failed) return rows_.failure();
    if (next == step::done) return {};
    if (auto done = visit(rows_.integer(0), rows_.bytes(1)); !done) return done;
  }
}

result<checkpoint_overlay::map> checkpoint_log_reader::read_all() {
  checkpoint_overlay::map entries;
  auto read = each([&](std::int64_t seq, std::string_view records) -> result<void> {
    while (!records.empty()) {
      logged_checkpoint logged;
      if (!take_logged(records, logged)) return damaged_row(seq);
      overlay_with(entries, logged, seq);
    }
    return {};
  });
  if (!read) return read.error();
  return entries;
}

}  // namespace millrace
