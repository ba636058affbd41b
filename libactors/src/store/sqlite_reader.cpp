#include "store/sqlite_reader.hpp"

#include "store/sqlite_schema.hpp"

namespace millrace {

namespace {

// Each has a cache of its own. More than this at once are opened, and closed after use.
constexpr std::size_t idle_readers_max = 4;

}  // namespace

result<std::unique_ptr<sqlite_reader>> sqlite_reader::open(const std::filesystem::path& file) {
  auto database = sqlite::connection::open(file, {.role = sqlite::role::reader});
  if (!database) return database.error();
  auto made = std::make_unique<sqlite_reader>();
  made->database = std::move(*database);
  if (auto ours = sqlite::require_current(made->database, store_schema()); !ours) {
    return ours.error();
  }
  if (auto done = made->timeline.prepare(made->database); !done) return done.error();
  if (auto done = made->flows.prepare(made->database); !done) return done.error();
  if (auto done = made->inboxes.prepare(made->database); !done) return done.error();
  if (auto done = made->log.prepare(made->database); !done) return done.error();
  if (auto done = made->schedule.prepare(made->database); !done) return done.error();
  if (auto done = made->routing.prepare(made->database); !done) return done.error();
  return made;
}

result<reader_pool::lease> reader_pool::take() {
  {
    const std::lock_guard lock{mutex_};
    if (!idle_.empty()) {
      lease taken{idle_.back().release(), giver_back{this}};
      idle_.pop_back();
      return taken;
    }
  }
  auto made = sqlite_reader::open(file_);
  if (!made) return made.error();
  return lease{made->release(), giver_back{this}};
}

void reader_pool::give_back(sqlite_reader* used) {
  std::unique_ptr<sqlite_reader> returned{used};
  const std::lock_guard lock{mutex_};
  if (idle_.size() < idle_readers_max) idle_.push_back(std::move(returned));
}

}  // namespace millrace
