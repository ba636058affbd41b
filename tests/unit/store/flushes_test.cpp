// Which commits of a store on a disk wait for the disk.
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <map>

#include "store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

namespace millrace {

namespace {

int flushes_seen = 0;

/// The system's files, whose flushes are counted: SQLite is given a copy of their methods with
/// another xSync.
class counted_files {
 public:
  counted_files() : system_(sqlite3_vfs_find(nullptr)), mine_(*system_) {
    mine_.zName = "counted";
    mine_.xOpen = &open;
    inner() = system_;
    sqlite3_vfs_register(&mine_, 1);
  }
  counted_files(const counted_files&) = delete;
  counted_files& operator=(const counted_files&) = delete;
  ~counted_files() {
    sqlite3_vfs_unregister(&mine_);
    sqlite3_vfs_register(system_, 1);
  }

 private:
  static sqlite3_vfs*& inner() {
    static sqlite3_vfs* kept = nullptr;
    return kept;
  }
  /// By those of the system, which has other ones for other kinds of files.
  static std::map<const sqlite3_io_methods*, sqlite3_io_methods>& methods() {
    static std::map<const sqlite3_io_methods*, sqlite3_io_methods> kept;
    return kept;
  }
  static int sync(sqlite3_file* file, int how) {
    ++flushes_seen;
    for (const auto& [before, mine] : methods()) {
      if (file->pMethods == &mine) return before->xSync(file, how);
    }
    return SQLITE_IOERR;
  }
  static int open(sqlite3_vfs* /*mine*/, const char* name, sqlite3_file* file, int flags,
                  int* out) {
    const int code = inner()->xOpen(inner(), name, file, flags, out);
    if (code != SQLITE_OK || file->pMethods == nullptr) return code;
    auto& mine = methods().emplace(file->pMethods, *file->pMethods).first->second;
    mine.xSync = &sync;
    file->pMethods = &mine;
    return code;
  }

  sqlite3_vfs* system_;
  sqlite3_vfs mine_;
};

/// Flushes of one commit.
int flushes_of(store& into, const commit_batch& batch) {
  const int before = flushes_seen;
  REQUIRE(into.commit(batch));
  return flushes_seen - before;
}

commit_batch one_event(std::uint64_t at) {
  return {.events = {{{at}, "Happened", {}, "p", ""}},
          .flows = {{flow_number{0}, flow_key{"A"}, {0}}}};
}
commit_batch one_checkpoint(std::uint64_t at) {
  commit_batch made{.needs_flush = false, .checkpoints = {{flow_number{0}, {}, "state"}}};
  made.checkpoints.front().checkpoint.set_position(at);
  return made;
}

}  // namespace

TEST_CASE("events are flushed when their commit returns; what can be done again is not") {
  const counted_files counted;
  const millrace::temporary_directory directory;
  const auto own = open_sqlite_store(directory.path(), open_mode::own);
  REQUIRE(own);
  REQUIRE(flushes_of(**own, one_event(0)) > 0);  // the first one begins the WAL, too

  CHECK(flushes_of(**own, one_checkpoint(0)) == 0);
  CHECK((*own)->load(flow_number{0}).value()->state == "state");
  CHECK(flushes_of(**own, one_event(1)) == 1);
  CHECK(flushes_of(**own, one_event(2)) == 1);
  CHECK(flushes_of(**own, one_checkpoint(2)) == 0);
}

}  // namespace millrace
