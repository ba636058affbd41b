#include "bare/fold.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bare/blocks.hpp"
#include "bare/database.hpp"
#include "harness/basics.hpp"

namespace millrace::bench::bare {
namespace {

struct state {
  std::uint64_t count = 0;
  std::int64_t position = -1;

  void fold(std::int64_t at) {
    ++count;
    position = at;
  }
};
using state_table = flat_table<state>;

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

/// Folds what is at hand, and empties it.
void apply(block& from, state_table& table, state& everything) {
  for (std::size_t i = 0; i < from.count; ++i) everything.fold(from.at[i]);
  from.find_all(table, [](state& one, std::int64_t at) { one.fold(at); });
  from.count = 0;
}

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
    if (one.count < block::size) continue;
    if (++next < at_hand->size()) continue;
    to.give_full(std::move(at_hand));
    at_hand = to.take_free();
    next = 0;
  }
  to.give_full(std::move(at_hand));
  to.give_full(nullptr);
}

void save_all(const state_table& table, const state& everything,
              const std::filesystem::path& into) {
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
    const auto count = [&](const std::string& key, std::int64_t at) { states[key].fold(at); };
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
    state_table table;
    state everything;
    const auto at_hand = std::make_unique<block>();
    while (rows.step()) {
      at_hand->add(rows.integer(0), rows.bytes(3));
      if (at_hand->count == block::size) apply(*at_hand, table, everything);
      ++made.events;
    }
    apply(*at_hand, table, everything);
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
    state_table table;
    state everything;
    while (auto full = between.take_full()) {
      for (auto& each : *full) apply(each, table, everything);
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
