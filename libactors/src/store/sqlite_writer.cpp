#include "store/sqlite_writer.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "store/rules.hpp"
#include "store/sqlite_schema.hpp"

namespace millrace {

namespace {

// SQLite's own. 32 MiB made nothing faster that was measured (import, rebuild, replay, a million
// flows), and pages that are touched for the first time cost more than those that are used again.
constexpr std::size_t writer_cache_size = std::size_t{2} << 20;
// Of small commits in the WAL, before its file is made longer, and by how much at once: 1 MiB takes
// 1.4 ms, 256 KiB half of that, which a store that is written one event at a time met 32 times in
// its first second.
constexpr std::size_t wal_of_a_busy_store = std::size_t{256} << 10;
constexpr std::size_t wal_slice = std::size_t{1} << 20;
constexpr std::size_t wal_length_max = limits::wal_of_small_commits_max + wal_of_a_busy_store;

}  // namespace

result<std::unique_ptr<sqlite_writer>> sqlite_writer::open(const std::filesystem::path& directory,
                                                           const std::filesystem::path& file,
                                                           checkpoint_overlay& overlay,
                                                           std::mutex& gate, store_bounds bounds) {
  auto lock = sqlite::store_lock::take(directory);
  if (!lock) return lock.error();
  auto database = sqlite::connection::open(
      file, {.role = sqlite::role::writer, .create = true, .cache_size = writer_cache_size});
  if (!database) return database.error();
  if (auto done = sqlite::migrate(*database, store_schema()); !done) return done.error();
  auto wal = sqlite::wal_flusher::open(file);
  if (!wal) return wal.error();
  std::unique_ptr<sqlite_writer> made{new sqlite_writer{std::move(*lock), std::move(*database),
                                                        std::move(*wal), overlay, gate, bounds}};
  if (auto done = made->prepare(); !done) return done.error();
  if (auto done = made->flush(); !done) return done.error();  // a new schema, and a lost tail
  return made;
}

result<void> sqlite_writer::prepare() {
  wal_checkpoint_at_ = limits::wal_size_max;
  if (auto done = timeline_.prepare(database_); !done) return done;
  if (auto done = schedule_.prepare(database_); !done) return done;
  if (auto done = flows_.prepare(database_); !done) return done;
  if (auto done = inboxes_.prepare(database_); !done) return done;
  if (auto done = routing_.prepare(database_); !done) return done;
  if (auto done = log_.prepare(database_); !done) return done;
  if (auto done = dropped_.prepare(database_, log_.newest()); !done) return done;
  auto tail = database_.query_integer("SELECT coalesce(max(position) + 1, 0) FROM events");
  if (!tail) return tail.error();
  auto flows = database_.query_integer(flow_count_query);
  if (!flows) return flows.error();
  tail_ = {static_cast<std::uint64_t>(*tail)};
  flow_count_ = static_cast<std::uint32_t>(*flows);
  return {};
}

result<void> sqlite_writer::write(const commit_batch& batch) {
  if (const auto& why = refusal()) return *why;
  require_valid(batch, tail_, flow_count_);
  auto change = sqlite::transaction::begin(database_, sqlite::role::writer);
  if (!change) return undo(change.error());
  auto done = write_rows(batch);
  if (done) done = publish(*change);
  if (done) note_wal((batch.events.empty() ? 0 : 1) + (batch.checkpoints.empty() ? 0 : 1));
  if (!done) {
    { const auto rolled_back = std::move(*change); }
    return undo(done.error());
  }
  if (!batch.events.empty()) tail_ = batch.events.back().at.next();
  flow_count_ = count_after(batch);
  return {};
}

// The kernel may have dropped what it could not write: nothing is to be read from the WAL that is
// copied into the database then, and a later flush that succeeds says nothing. SQLite flushes, too.
result<void> sqlite_writer::flush() {
  if (failed_) return error{errc::storage_failed, "an earlier write or flush failed"};
  auto done = wal_.flush();
  if (!done) failed_ = true;
  return done;
}

const std::optional<error>& sqlite_writer::refusal() {
  if (!refuses_ && failed_) refuse({errc::storage_failed, "a flush of the WAL failed"});
  return refuses_;
}

void sqlite_writer::refuse(const error& why) {
  refuses_ = why;
  failed_ = true;
}

std::uint32_t sqlite_writer::count_after(const commit_batch& batch) const {
  std::uint32_t count = flow_count_;
  for (const flow_entry& flow : batch.flows) {
    count = std::max(count, static_cast<std::uint32_t>(flow.number) + 1);
  }
  return count;
}

result<void> sqlite_writer::write_rows(const commit_batch& batch) {
  if (auto done = timeline_.write(batch); !done) return done;
  if (auto done = schedule_.write(batch); !done) return done;
  const auto checkpoints = plan_checkpoints(batch, overlay_, bounds_.unlogged_checkpoints);
  const flow_number first_new{flow_count_};
  auto entered = flows_.write_entries(batch, checkpoints.with_entries, first_new);
  if (!entered) return entered;
  if (!batch.erased.empty() || !batch.rewritten.empty()) flows_.forget();
  if (auto done = inboxes_.write(batch, first_new); !done) return done;
  if (auto done = flows_.write_postings(batch); !done) return done;
  if (auto done = routing_.write(batch); !done) return done;
  if (auto done = flows_.fold(checkpoints.folded); !done) return done;
  if (auto done = log_.write(checkpoints.logged); !done) return done;
  if (auto done = dropped_.write(batch, count_after(batch), log_.newest()); !done) return done;
  while (log_.is_over_limit() && !log_.empty()) {
    if (auto done = log_.fold_slice(flows_); !done) return done;
  }
  return {};
}

// What is on disk and what the overlay says change together for whoever holds the gate.
result<void> sqlite_writer::publish(sqlite::transaction& change) {
  const std::lock_guard lock{gate_};
  if (auto done = change.commit(); !done) return done;
  timeline_.committed();
  log_.committed();
  dropped_.committed();
  return {};
}

// After the transaction was rolled back. A full disk is the only failure that may pass.
result<void> sqlite_writer::undo(error cause) {
  log_.rolled_back();
  flows_.forget();
  dropped_.rolled_back();
  if (auto done = timeline_.rolled_back(); !done) cause = done.error();
  if (cause.code != errc::storage_full) refuse(cause);
  return cause;
}

result<bool> sqlite_writer::maintain() {
  if (const auto& why = refusal()) return *why;
  // What the log says of flows that are to be deleted goes first.
  const bool folds = log_.has_slice() ||
                     (!dropped_.empty() && !log_.empty() && log_.oldest() <= dropped_.log_end());
  if (folds) {
    if (auto done = fold_in_own_transaction(); !done) return done.error();
  } else if (!dropped_.empty()) {
    auto done = in_own_transaction([this] { return dropped_.delete_slice(); });
    if (!done) return done.error();
  }
  if (auto done = keep_wal_small(); !done) return done.error();
  if (wal_is_short()) {
    if (auto done = lengthen_wal(); !done) return done.error();
  }
  return !is_full_ && (log_.has_slice() || !dropped_.empty() || wal_is_short());
}

result<void> sqlite_writer::fold_in_own_transaction() {
  return in_own_transaction([this] { return log_.fold_slice(flows_); });
}

// Not flushed: undone by a power cut, it is all still to be done, and the next commit flushes it
// too.
template <class Work>
result<void> sqlite_writer::in_own_transaction(Work work) {
  result<void> worked;
  {
    auto change = sqlite::transaction::begin(database_, sqlite::role::writer);
    worked = change ? work() : change.error();
    if (worked) worked = publish(*change);
  }
  if (worked) note_wal(0);
  if (!worked) worked = undo(worked.error());
  // Without space nothing is lost: the work just stays longer.
  is_full_ = !worked && worked.error().code == errc::storage_full;
  return is_full_ ? result<void>{} : worked;
}

// Of what a transaction wrote, these pages were mostly in the WAL already: the last of the
// timeline, and the last of the checkpoint log.
void sqlite_writer::note_wal(std::size_t usual_pages) {
  const std::size_t size = database_.wal_size();
  if (size < wal_noted_) wal_noted_ = wal_spread_ = 0;  // begun anew
  const std::size_t added = size - std::exchange(wal_noted_, size);
  wal_spread_ += added - std::min(added, usual_pages * database_.page_size());
  wal_length_ = std::max(wal_length_, size);
}

result<void> sqlite_writer::keep_wal_small() {
  const std::size_t size = database_.wal_size();
  if (size < limits::wal_size_max) wal_checkpoint_at_ = limits::wal_size_max;
  if (size < wal_checkpoint_at_) return {};
  if (wal_spread_ < limits::wal_spread_max && size < limits::wal_of_small_commits_max) return {};
  auto done = database_.checkpoint_wal(false);
  // The next commit begins the WAL anew, unless a reader still needs it: then it grows, and trying
  // again at each commit would only cost flushes.
  wal_checkpoint_at_ = size + limits::wal_size_max / 2;
  if (done || done.error().code == errc::storage_full) return {};
  refuse(done.error());
  return done;
}

// Small commits would make its file longer one by one, and then each flush takes twice as long. So
// it is kept twice as long as it was used. Who writes little is spared, and who writes much at once
// needs no help.
bool sqlite_writer::wal_is_short() const {
  return wal_noted_ >= wal_of_a_busy_store && wal_spread_ < wal_noted_ / 2 &&
         wal_length_ < std::min(2 * wal_noted_, wal_length_max);
}

result<void> sqlite_writer::lengthen_wal() {
  wal_length_ += wal_slice;
  auto done = database_.lengthen_wal(wal_length_);
  if (!done) wal_length_ = wal_length_max;  // it grows by itself
  if (done || done.error().code == errc::storage_full) return {};
  refuse(done.error());
  return done;
}

result<void> sqlite_writer::close() {
  if (const auto& why = refusal()) return *why;
  while (!log_.empty()) {
    const std::size_t before = log_.entries();
    if (auto done = fold_in_own_transaction(); !done) return done;
    if (log_.entries() == before) break;  // the disk is full
  }
  auto done = database_.checkpoint_wal(true);
  return done || done.error().code == errc::storage_full ? result<void>{} : done;
}

}  // namespace millrace
