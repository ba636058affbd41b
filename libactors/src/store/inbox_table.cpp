#include "store/inbox_table.hpp"

#include <fmt/format.h>

#include "base/invariant.hpp"
#include "store/checkpoint_record.hpp"
#include "store/posting_block.hpp"
#include "store/row_status.hpp"

namespace millrace {

using sqlite::step;

namespace {

std::uint32_t to_integer(flow_number flow) { return static_cast<std::uint32_t>(flow); }

bool decode(std::string_view record, v1::Checkpoint& checkpoint) {
  return checkpoint.ParseFromArray(record.data(), static_cast<int>(record.size()));
}

// The first thing that is wrong is the one that is told.
void blame(stored_inbox& inbox, std::string what) {
  if (inbox.damage.empty()) inbox.damage = std::move(what);
}

// False: what comes after it cannot be read.
bool take_block(std::string_view block, stored_inbox& inbox) {
  posting_block_reader reader{block};
  for (posting one; reader.next(one);) {
    if (inbox.postings.last() && one.at <= *inbox.postings.last()) {
      blame(inbox,
            fmt::format("posting {} comes after {}", one.at.value, inbox.postings.last()->value));
      return false;
    }
    inbox.postings.append(one);
  }
  if (reader.damaged()) blame(inbox, "a block of postings does not decode");
  return !reader.damaged();
}

// Two rows fill a page. They are never written again, so they are longer than what a tail becomes.
constexpr std::size_t whole_block_size = 2000;
static_assert(whole_block_size <= limits::posting_block_size_max);

/// Cuts a run into blocks and a tail. Of each, only the first posting is coded anew.
class run_cutter {
 public:
  explicit run_cutter(std::string_view run) : left_(run) {}

  /// False: the rest is for the tail.
  [[nodiscard]] bool has_block() const {
    return left_.size() + varint_size_max > posting_block_size;
  }
  /// Cuts off what comes next. Views live until the next call.
  std::string_view next() {
    cut_.clear();
    if (left_.empty()) return cut_;
    const auto first = take();
    append_varint(cut_, last_.value * 2 + first % 2);
    const char* const begin = left_.data();
    const auto size = [&] { return static_cast<std::size_t>(left_.data() - begin); };
    const auto room = whole_block_size - varint_size_max - cut_.size();
    while (!left_.empty() && size() <= room) take();
    return cut_.append(begin, size());
  }
  [[nodiscard]] position last() const { return last_; }  ///< of what was cut off

 private:
  std::uint64_t take() {
    std::uint64_t coded = 0;
    const bool taken = take_varint(left_, coded);
    MILLRACE_INVARIANT(taken);
    last_.value += coded / 2;
    return coded;
  }

  std::string_view left_;
  std::string cut_;
  position last_;
};

}  // namespace

result<void> inbox_writer::prepare(sqlite::connection& database) {
  return database.prepare({
      {&clear_, "DELETE FROM posting_blocks WHERE flow = ?"},
      {&put_block_, "INSERT INTO posting_blocks (flow, last, block) VALUES (?, ?, ?)"},
      {&put_row_, "UPDATE flows SET born = ?1, latest = ?2, postings = ?3, tail = ?4, status = " +
                      status_sql("status", "?2", "checkpoint") + " WHERE number = ?5"},
      {&record_, "SELECT record FROM flows WHERE number = ?"},
      {&put_checkpoint_, "UPDATE flows SET checkpoint = ?1, status = " +
                             status_sql("?2", "latest", "?1") + " WHERE number = ?3"},
      {&erase_flow_, "DELETE FROM flows WHERE number = ?"},
      {&erase_state_, "DELETE FROM states WHERE flow = ?"},
  });
}

result<void> inbox_writer::write(const commit_batch& batch, flow_number first_new) {
  for (const flow_number flow : batch.erased) {
    if (auto done = erase(flow); !done) return done;
  }
  for (const auto& rewrite : batch.rewritten) {
    const bool is_new = rewrite.entry.number >= first_new;
    if (auto done = replace(rewrite, is_new); !done) return done;
  }
  return {};
}

result<void> inbox_writer::erase(flow_number flow) {
  for (sqlite::statement* each : {&clear_, &erase_flow_, &erase_state_}) {
    if (auto done = each->run(to_integer(flow)); !done) return done;
  }
  return {};
}

result<void> inbox_writer::replace(const commit_batch::inbox_rewrite& rewrite, bool is_new) {
  const std::uint32_t flow = to_integer(rewrite.entry.number);
  if (!is_new) {
    if (auto done = clear_.run(flow); !done) return done;
  }
  run_cutter cut{rewrite.postings.coded()};
  while (cut.has_block()) {
    const auto block = cut.next();
    if (auto done = put_block_.run(flow, cut.last(), block); !done) return done;
  }
  const auto count = static_cast<std::int64_t>(rewrite.postings.size());
  const auto born =
      rewrite.entry.born == unplaced ? std::nullopt : std::optional{rewrite.entry.born};
  auto done = put_row_.run(born, rewrite.postings.last(), count, cut.next(), flow);
  return done && !is_new ? repeat_checkpoint(rewrite.entry.number) : done;
}

result<void> inbox_writer::repeat_checkpoint(flow_number flow) {
  v1::Checkpoint checkpoint;
  {
    const auto guard = record_.start(to_integer(flow));
    const step next = record_.next();
    if (next == step::failed) return record_.failure();
    if (next == step::done) {
      return error{errc::corrupt, fmt::format("there is no flow number {}", to_integer(flow))};
    }
    if (!decode(record_.bytes(0), checkpoint)) return {};
  }
  return put_checkpoint_.run(position_or_none(checkpoint), checkpoint.has_error_position(),
                             to_integer(flow));
}

result<void> inbox_reader::prepare(sqlite::connection& database) {
  return database.prepare({
      {&row_,
       "SELECT latest, postings, tail, checkpoint, status, record FROM flows WHERE number = ?"},
      {&blocks_, "SELECT last, block FROM posting_blocks WHERE flow = ? ORDER BY last"},
      {&orphans_,
       "SELECT flow FROM posting_blocks WHERE flow NOT IN (SELECT number FROM flows) "
       "AND flow BETWEEN 0 AND 4294967295 UNION "
       "SELECT flow FROM states WHERE flow NOT IN (SELECT number FROM flows) "
       "AND flow BETWEEN 0 AND 4294967295 ORDER BY flow"},
  });
}

result<stored_inbox> inbox_reader::inbox(flow_number flow) {
  stored_inbox found;
  const auto row_guard = row_.start(to_integer(flow));
  const step row = row_.next();
  if (row == step::failed) return row_.failure();
  if (row == step::done) return found;
  bool whole = true;
  const auto guard = blocks_.start(to_integer(flow));
  while (whole) {
    const step next = blocks_.next();
    if (next == step::failed) return blocks_.failure();
    if (next == step::done) break;
    whole = take_block(blocks_.bytes(1), found);
    if (whole && found.postings.last() != blocks_.maybe_at(0)) {
      blame(found, "a block of postings ends at another one than its row says");
    }
  }
  if (whole) take_block(row_.bytes(2), found);
  if (found.postings.last() != row_.maybe_at(0)) blame(found, "latest is not its last posting");
  if (found.postings.size() != static_cast<std::uint64_t>(row_.integer(1))) {
    blame(found,
          fmt::format("{} postings, and its row says {}", found.postings.size(), row_.integer(1)));
  }
  v1::Checkpoint checkpoint;
  if (decode(row_.bytes(5), checkpoint) &&
      (row_.integer(3) != position_or_none(checkpoint) ||
       row_.integer(4) != static_cast<std::int64_t>(status_of(row_.maybe_at(0), checkpoint)))) {
    blame(found, "its row and its checkpoint disagree");
  }
  return found;
}

result<std::vector<flow_number>> inbox_reader::orphans() {
  std::vector<flow_number> found;
  const auto guard = orphans_.start();
  while (true) {
    const step next = orphans_.next();
    if (next == step::failed) return orphans_.failure();
    if (next == step::done) return found;
    found.push_back(static_cast<flow_number>(static_cast<std::uint32_t>(orphans_.integer(0))));
  }
}

}  // namespace millrace
