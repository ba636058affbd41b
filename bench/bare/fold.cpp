#include "bare/fold.hpp"

#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bare/database.hpp"
#include "harness/basics.hpp"
#include "messages.pb.h"

namespace millrace::bench::bare {
namespace {

struct state {
  std::uint64_t count = 0;
  std::int64_t position = -1;
};

/// Saves states in one transaction, as a message each.
class saver {
 public:
  explicit saver(const std::filesystem::path& into)
      : database_((std::filesystem::remove(into), into), database::mode::write) {
    database_.run(
        "CREATE TABLE states(number INTEGER PRIMARY KEY, key BLOB, position, state BLOB)");
    database_.run("BEGIN IMMEDIATE");
    insert_.emplace(database_, "INSERT INTO states(key, position, state) VALUES(?,?,?)");
  }
  void save(std::string_view key, const state& one) {
    Moves made;
    made.set_count(one.count);
    bytes_.clear();
    made.AppendToString(&bytes_);
    insert_->bind(1, key).bind(2, one.position).bind(3, bytes_).run();
  }
  void finish() { database_.run("COMMIT"); }

 private:
  database database_;
  std::optional<statement> insert_;
  std::string bytes_;
};

constexpr const char* all_events =
    "SELECT position, type, time, payload, envelope FROM events ORDER BY position";

std::uint64_t hash_of(std::string_view key) { return std::hash<std::string_view>{}(key); }

/// Open addressing over places in a vector of entries: a probe touches one cache line, and the
/// entry another.
class flat_table {
 public:
  struct entry {
    std::string key;
    state value;
  };
  flat_table() : slots_(1u << 16) {}

  void prefetch(std::uint64_t hash) const {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  void prefetch_entry(std::uint64_t hash) const {
    const auto& slot = slots_[hash & (slots_.size() - 1)];
    if (slot.place != 0) __builtin_prefetch(&entries_[slot.place - 1]);
  }
  state& find(std::uint64_t hash, std::string_view key) {
    const auto mask = slots_.size() - 1;
    for (auto at = hash & mask;; at = (at + 1) & mask) {
      auto& slot = slots_[at];
      if (slot.place == 0) return add(slot, hash, key);
      if (slot.tag != static_cast<std::uint32_t>(hash >> 32)) continue;
      auto& known = entries_[slot.place - 1];
      if (known.key == key) return known.value;
    }
  }
  [[nodiscard]] const std::vector<entry>& entries() const { return entries_; }

 private:
  struct slot_type {
    std::uint32_t tag = 0;
    std::uint32_t place = 0;  // 0: free
  };
  state& add(slot_type& slot, std::uint64_t hash, std::string_view key) {
    entries_.push_back({std::string{key}, {}});
    slot = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(entries_.size())};
    if (entries_.size() * 2 > slots_.size()) grow();
    return entries_.back().value;
  }
  void grow() {
    slots_.assign(slots_.size() * 2, {});
    const auto mask = slots_.size() - 1;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const auto hash = hash_of(entries_[i].key);
      auto at = hash & mask;
      while (slots_[at].place != 0) at = (at + 1) & mask;
      slots_[at] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(i + 1)};
    }
  }

  std::vector<slot_type> slots_;
  std::vector<entry> entries_;
};

constexpr std::size_t block_size = 32;

/// Events at hand, and the keys of each.
struct block {
  std::array<Moved, block_size> bodies;
  std::array<std::int64_t, block_size> at{};
  std::array<std::string, 2 * block_size> keys;
  std::array<std::uint64_t, 2 * block_size> hashes{};
  std::size_t count = 0;

  void add(std::int64_t position, std::string_view payload) {
    auto& body = bodies[count];
    need(body.ParseFromArray(payload.data(), static_cast<int>(payload.size())), "undecodable");
    at[count] = position;
    keys[2 * count].assign("ByItem|").append(body.item());
    keys[2 * count + 1].assign("ByPlace|").append(body.place());
    ++count;
  }
  void apply_to(flat_table& table, state& everything) {
    for (std::size_t i = 0; i < 2 * count; ++i) {
      hashes[i] = hash_of(keys[i]);
      table.prefetch(hashes[i]);
    }
    for (std::size_t i = 0; i < 2 * count; ++i) table.prefetch_entry(hashes[i]);
    for (std::size_t i = 0; i < 2 * count; ++i) {
      auto& one = table.find(hashes[i], keys[i]);
      ++one.count;
      one.position = at[i / 2];
    }
    everything.count += count;
    if (count > 0) everything.position = at[count - 1];
    count = 0;
  }
};

/// Blocks go to the second thread and come back, a few hundred at a time: to hand over each would
/// cost more than it holds.
class handed_over {
 public:
  static constexpr std::size_t blocks = 16;
  static constexpr std::size_t places = 8;
  using batch = std::vector<block>;

  handed_over() {
    for (std::size_t i = 0; i < places; ++i) {
      free_.push_back(std::make_unique<batch>(blocks));
    }
  }
  std::unique_ptr<batch> take_free() { return take(free_); }
  std::unique_ptr<batch> take_full() { return take(full_); }
  void give_free(std::unique_ptr<batch> one) { give(free_, std::move(one)); }
  /// Null: that was all.
  void give_full(std::unique_ptr<batch> one) { give(full_, std::move(one)); }

 private:
  using queue = std::deque<std::unique_ptr<batch>>;
  std::unique_ptr<batch> take(queue& from) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !from.empty(); });
    auto one = std::move(from.front());
    from.pop_front();
    return one;
  }
  void give(queue& to, std::unique_ptr<batch> one) {
    {
      const std::scoped_lock lock{mutex_};
      to.push_back(std::move(one));
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  queue free_, full_;
};

/// Reads and decodes all events.
void read_into(handed_over& to, const std::filesystem::path& events) {
  database from{events, database::mode::read};
  statement rows{from, all_events};
  auto at_hand = to.take_free();
  std::size_t next = 0;
  while (rows.step()) {
    auto& one = (*at_hand)[next];
    one.add(rows.integer(0), rows.bytes(3));
    if (one.count < block_size) continue;
    if (++next < at_hand->size()) continue;
    to.give_full(std::move(at_hand));
    at_hand = to.take_free();
    next = 0;
  }
  to.give_full(std::move(at_hand));
  to.give_full(nullptr);
}

void save_all(const flat_table& table, const state& everything, const std::filesystem::path& into) {
  saver to{into};
  to.save("Everything", everything);
  for (const auto& each : table.entries()) to.save(each.key, each.value);
  to.finish();
}

}  // namespace

folded fold_plainly(const std::filesystem::path& events, const std::filesystem::path& into) {
  folded made;
  made.seconds = seconds_of([&] {
    database from{events, database::mode::read};
    statement rows{from, all_events};
    std::unordered_map<std::string, state> states;
    const auto count = [&](const std::string& key, std::int64_t at) {
      auto& one = states[key];
      ++one.count;
      one.position = at;
    };
    Moved body;
    while (rows.step()) {
      const auto at = rows.integer(0);
      const auto payload = rows.bytes(3);
      need(body.ParseFromArray(payload.data(), static_cast<int>(payload.size())), "undecodable");
      count("Everything", at);
      count("ByItem|" + body.item(), at);
      count("ByPlace|" + body.place(), at);
      ++made.events;
    }
    saver to{into};
    for (const auto& [key, one] : states) to.save(key, one);
    to.finish();
    made.instances = states.size();
  });
  return made;
}

folded fold_tuned(const std::filesystem::path& events, const std::filesystem::path& into) {
  folded made;
  made.seconds = seconds_of([&] {
    database from{events, database::mode::read};
    statement rows{from, all_events};
    flat_table table;
    state everything;
    const auto at_hand = std::make_unique<block>();
    while (rows.step()) {
      at_hand->add(rows.integer(0), rows.bytes(3));
      if (at_hand->count == block_size) at_hand->apply_to(table, everything);
      ++made.events;
    }
    at_hand->apply_to(table, everything);
    save_all(table, everything, into);
    made.instances = table.entries().size() + 1;
  });
  return made;
}

folded fold_on_two_threads(const std::filesystem::path& events, const std::filesystem::path& into) {
  folded made;
  made.seconds = seconds_of([&] {
    handed_over between;
    std::thread reads{[&] { read_into(between, events); }};
    flat_table table;
    state everything;
    while (auto full = between.take_full()) {
      for (auto& each : *full) each.apply_to(table, everything);
      between.give_free(std::move(full));
    }
    reads.join();
    save_all(table, everything, into);
    made.events = everything.count;
    made.instances = table.entries().size() + 1;
  });
  return made;
}

}  // namespace millrace::bench::bare
