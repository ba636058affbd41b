#include "bare/inboxes.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bare/blocks.hpp"
#include "bare/database.hpp"
#include "millrace/envelope.pb.h"

namespace millrace::bench::bare {
namespace {

void append_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
  to.push_back(static_cast<char>(value));
}

/// Ascending positions, each as what it is more than the one before.
struct inbox {
  std::string positions;
  std::uint64_t count = 0;
  std::int64_t last = -1;

  void add(std::int64_t at) {
    append_varint(positions, static_cast<std::uint64_t>(at - last));
    ++count;
    last = at;
  }
};
using inbox_table = flat_table<inbox>;

/// Pairs of 4,096 causes a row.
class effect_list {
 public:
  void add(std::uint64_t cause, std::int64_t at) {
    const auto span = cause / 4096;
    if (span >= spans_.size()) spans_.resize(span + 1);
    append_varint(spans_[span], cause % 4096);
    append_varint(spans_[span], static_cast<std::uint64_t>(at) - cause);
  }
  [[nodiscard]] const std::vector<std::string>& spans() const { return spans_; }

 private:
  std::vector<std::string> spans_;
};

class writer {
 public:
  explicit writer(const std::filesystem::path& into)
      : database_((std::filesystem::remove(into), into), database::mode::write) {
    database_.run(
        "CREATE TABLE flows(number INTEGER PRIMARY KEY, count, position, key BLOB NOT NULL UNIQUE,"
        " inbox BLOB);"
        "CREATE TABLE states(flow INTEGER PRIMARY KEY, state BLOB);"
        "CREATE TABLE effects(span INTEGER PRIMARY KEY, pairs BLOB);"
        "BEGIN IMMEDIATE");
    flow_.emplace(database_, "INSERT INTO flows VALUES(?,?,?,?,?)");
    state_.emplace(database_, "INSERT INTO states VALUES(?,?)");
    effects_.emplace(database_, "INSERT INTO effects VALUES(?,?)");
  }

  enum class states { none, saved };
  /// In the order of keys, so that rows and index are written in the order in which they lie.
  void save(const inbox_table& table, states which) {
    std::vector<const inbox_table::entry*> ordered;
    ordered.reserve(table.entries().size());
    for (const auto& each : table.entries()) ordered.push_back(&each);
    std::sort(ordered.begin(), ordered.end(),
              [](const auto* left, const auto* right) { return left->key < right->key; });
    for (const auto* each : ordered) save(each->key, each->value, which);
  }
  void save(std::string_view key, const inbox& one, states which) {
    ++number_;
    flow_->bind(1, number_).bind(2, static_cast<std::int64_t>(one.count)).bind(3, one.last);
    flow_->bind(4, key).bind(5, one.positions).run();
    if (which == states::none) return;
    Moves made;
    made.set_count(one.count);
    bytes_.clear();
    made.AppendToString(&bytes_);
    state_->bind(1, number_).bind(2, bytes_).run();
  }
  void save(const effect_list& all) {
    std::int64_t span = 0;
    for (const auto& each : all.spans()) effects_->bind(1, span++).bind(2, each).run();
  }
  void finish() { database_.run("COMMIT"); }

 private:
  database database_;
  std::optional<statement> flow_, state_, effects_;
  std::int64_t number_ = 0;
  std::string bytes_;
};

void parse(v1::Envelope& into, std::string_view from) {
  need(into.ParseFromArray(from.data(), static_cast<int>(from.size())), "undecodable");
}

}  // namespace

folded build_inboxes(const std::filesystem::path& events, const std::filesystem::path& into) {
  folded made;
  made.seconds = seconds_of([&] {
    database from{events, database::mode::read};
    statement rows{from, all_events};
    inbox_table table;
    effect_list effects;
    v1::Envelope envelope;
    while (rows.step()) {
      const auto at = rows.integer(0);
      parse(envelope, rows.bytes(4));
      for (const auto& key : envelope.routes().keys()) table.find(hash_of(key), key).add(at);
      if (envelope.has_cause()) effects.add(envelope.cause(), at);
      ++made.events;
    }
    writer to{into};
    to.save(table, writer::states::none);
    to.save(effects);
    to.finish();
    made.instances = table.entries().size();
  });
  return made;
}

folded fold_with_inboxes(const std::filesystem::path& events, const std::filesystem::path& into) {
  folded made;
  made.seconds = seconds_of([&] {
    database from{events, database::mode::read};
    statement rows{from, all_events};
    inbox_table table;
    inbox everything;
    effect_list effects;
    v1::Envelope envelope;
    const auto at_hand = std::make_unique<block>();
    const auto apply = [&] {
      for (std::size_t i = 0; i < at_hand->count; ++i) everything.add(at_hand->at[i]);
      at_hand->find_all(table, [](inbox& one, std::int64_t at) { one.add(at); });
      at_hand->count = 0;
    };
    while (rows.step()) {
      const auto at = rows.integer(0);
      parse(envelope, rows.bytes(4));
      if (envelope.has_cause()) effects.add(envelope.cause(), at);
      at_hand->add(at, rows.bytes(3));
      if (at_hand->count == block::size) apply();
      ++made.events;
    }
    apply();
    writer to{into};
    to.save("Everything", everything, writer::states::saved);
    to.save(table, writer::states::saved);
    to.save(effects);
    to.finish();
    made.instances = table.entries().size() + 1;
  });
  return made;
}

}  // namespace millrace::bench::bare
