#include "store/sqlite_check.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "store/checkpoint_record.hpp"
#include "store/effect_block.hpp"
#include "store/posting_block.hpp"
#include "store/row_status.hpp"

namespace millrace {

namespace {

using sqlite::step;

// Damage tends to come in thousands; the first ones say what it is.
constexpr std::size_t findings_max = 1000;

// Gathers findings. A query that fails is one too, and the checks go on behind it.
class checker {
 public:
  explicit checker(sqlite::connection& database) : database_(database) {}

  void pages();
  void references();
  void events();
  void flows();
  void records();
  void log();
  void effects();
  [[nodiscard]] std::vector<std::string> findings() && { return std::move(findings_); }

 private:
  template <class Visit>
  void each(std::string_view sql, Visit visit);
  // The query gives a text a row: one finding each.
  void none_of(std::string_view sql);
  template <class... Values>
  void found(fmt::format_string<Values...> text, Values&&... values) {
    if (findings_.size() >= findings_max) return;
    findings_.push_back(fmt::format(text, std::forward<Values>(values)...));
  }
  struct inbox {
    std::uint64_t postings = 0;
    std::optional<position> last;
  };
  void add_block(std::int64_t flow, std::string_view block, inbox& sum);
  inbox blocks_of(sqlite::statement& blocks, std::int64_t flow);

  sqlite::connection& database_;
  std::vector<std::string> findings_;
};

template <class Visit>
void checker::each(std::string_view sql, Visit visit) {
  auto query = database_.prepare(sql);
  if (!query) return found("{}", query.error().message);
  step next;
  while ((next = query->next()) == step::row) visit(*query);
  if (next == step::failed) found("{}", query->failure().message);
}

void checker::none_of(std::string_view sql) {
  each(sql, [&](const sqlite::statement& row) { found("{}", row.bytes(0)); });
}

void checker::pages() {
  each("PRAGMA integrity_check", [&](const sqlite::statement& row) {
    if (row.bytes(0) != "ok") found("database: {}", row.bytes(0));
  });
}

void checker::references() {
  none_of(
      "SELECT 'event ' || position || ' has the unknown type number ' || type FROM events "
      "WHERE type NOT IN (SELECT id FROM event_types)");
  none_of(
      "SELECT 'the schedule has an entry for ' || position || ', which is no event' "
      "FROM schedule WHERE position NOT IN (SELECT position FROM events)");
  none_of(
      "SELECT 'an id is remembered for ' || position || ', which is no event' "
      "FROM recent_ids WHERE position NOT IN (SELECT position FROM events)");
  none_of(
      "SELECT 'there is a state of flow number ' || flow || ', which is no flow' "
      "FROM states WHERE flow NOT IN (SELECT number FROM flows)");
  none_of(
      "SELECT 'there are postings of flow number ' || flow || ', which is no flow' "
      "FROM posting_blocks WHERE flow NOT IN (SELECT number FROM flows)");
}

void checker::events() {
  auto range = database_.prepare("SELECT min(position), max(position) FROM events");
  if (!range || range->next() != step::row || range->is_null(0)) return;
  if (range->integer(0) < 0 || range->at(1).value > limits::position_max) {
    found("events: positions go from {} to {}", range->integer(0), range->integer(1));
  }
}

void checker::add_block(std::int64_t flow, std::string_view block, inbox& sum) {
  posting_block_reader reader{block};
  posting one;
  while (reader.next(one)) {
    if (sum.last && one.at <= *sum.last) {
      found("flow number {}: posting {} comes after {}", flow, one.at.value, sum.last->value);
    }
    sum.last = one.at;
    ++sum.postings;
  }
  if (reader.damaged()) found("flow number {}: a block of postings does not decode", flow);
}

checker::inbox checker::blocks_of(sqlite::statement& blocks, std::int64_t flow) {
  inbox sum;
  const auto guard = blocks.start(flow);
  step next;
  while ((next = blocks.next()) == step::row) {
    add_block(flow, blocks.bytes(1), sum);
    if (sum.last != blocks.at(0)) {
      found("flow number {}: a block ends at another posting than its row says", flow);
    }
  }
  if (next == step::failed) found("{}", blocks.failure().message);
  return sum;
}

void checker::flows() {
  auto blocks =
      database_.prepare("SELECT last, block FROM posting_blocks WHERE flow = ? ORDER BY last");
  if (!blocks) return found("{}", blocks.error().message);
  each("SELECT number, latest, postings, tail, checkpoint, status, record, key FROM flows",
       [&](const sqlite::statement& row) {
         const std::int64_t flow = row.integer(0);
         inbox sum = blocks_of(*blocks, flow);
         add_block(flow, row.bytes(3), sum);
         if (sum.last != row.maybe_at(1)) {
           found("flow number {}: latest is not its last posting", flow);
         }
         if (sum.postings != static_cast<std::uint64_t>(row.integer(2))) {
           found("flow number {}: {} postings, and its row says {}", flow, sum.postings,
                 row.integer(2));
         }
         v1::Checkpoint checkpoint;
         const std::string_view record = row.bytes(6);
         if (!checkpoint.ParseFromArray(record.data(), static_cast<int>(record.size()))) {
           found("flow number {}, {}: its checkpoint does not decode", flow, row.bytes(7));
         } else if (row.integer(4) != position_or_none(checkpoint) ||
                    row.integer(5) !=
                        static_cast<std::int64_t>(status_of(row.maybe_at(1), checkpoint))) {
           found("flow number {}: its row and its checkpoint disagree", flow);
         }
       });
}

void checker::records() {
  each("SELECT name, record FROM flow_types", [&](const sqlite::statement& row) {
    v1::FlowType type;
    const std::string_view record = row.bytes(1);
    if (!type.ParseFromArray(record.data(), static_cast<int>(record.size()))) {
      found("flow type {}: its record does not decode", row.bytes(0));
    } else if (type.name() != row.bytes(0)) {
      found("flow type {}: its record is that of {}", row.bytes(0), type.name());
    }
  });
  each("SELECT count(*) FROM progress WHERE name IN ('routed', 'folded')",
       [&](const sqlite::statement& row) {
         if (row.integer(0) != 2) found("progress: a row is missing");
       });
}

void checker::log() {
  auto flow = database_.prepare("SELECT 1 FROM flows WHERE number = ?");
  if (!flow) return found("{}", flow.error().message);
  each("SELECT seq, records FROM checkpoint_log ORDER BY seq", [&](const sqlite::statement& row) {
    std::string_view records = row.bytes(1);
    while (!records.empty()) {
      logged_checkpoint logged;
      v1::Checkpoint checkpoint;
      if (!take_logged(records, logged) ||
          !checkpoint.ParseFromArray(logged.record.data(),
                                     static_cast<int>(logged.record.size()))) {
        return found("checkpoint log: row {} does not decode", row.integer(0));
      }
      const auto number = static_cast<std::uint32_t>(logged.flow);
      const auto guard = flow->start(number);
      if (flow->next() != step::row) {
        found("checkpoint log: row {} is about flow number {}, which is no flow", row.integer(0),
              number);
      }
    }
  });
  none_of(
      "SELECT 'checkpoint log: row ' || seq || ' was folded and is still there' "
      "FROM checkpoint_log, progress WHERE name = 'folded' AND seq <= value");
}

void checker::effects() {
  each("SELECT number, pairs FROM effect_blocks", [&](const sqlite::statement& row) {
    const auto bucket = static_cast<std::uint64_t>(row.integer(0)) / effect_bucket_blocks;
    std::string_view block = row.bytes(1);
    effect one;
    while (!block.empty()) {
      if (!take_effect(block, bucket, one)) {
        return found("effects: block {} does not decode", row.integer(0));
      }
    }
  });
}

}  // namespace

result<std::vector<std::string>> check_store(sqlite::connection& reader) {
  checker made{reader};
  made.pages();
  made.events();
  made.references();
  made.flows();
  made.records();
  made.log();
  made.effects();
  return std::move(made).findings();
}

}  // namespace millrace
