// Which commits of a store on a disk wait for the disk.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>

#include "store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

namespace {

std::atomic<int> flushes_seen = 0;
std::atomic<int> fails_with = 0;

}  // namespace

/// Takes the place of the system's, for SQLite, too: counts, and fails when it is told to.
extern "C" int fdatasync(int file) {
  ++flushes_seen;
  if (fails_with != 0) {
    errno = fails_with;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

namespace millrace {

namespace {

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

TEST_CASE("what is written may be read at once, and shares the next flush") {
  const millrace::temporary_directory directory;
  const auto own = open_sqlite_store(directory.path(), open_mode::own).value();
  REQUIRE(own->commit(one_event(0)));
  const int before = flushes_seen;
  REQUIRE(own->write(one_event(1)));
  REQUIRE(own->write(one_event(2)));
  CHECK(flushes_seen == before);
  CHECK(own->tail() == position{3});
  std::uint64_t rows = 0;
  REQUIRE(own->scan({0}, {9}, [&](const event_row&) { return ++rows > 0; }));
  CHECK(rows == 3);

  REQUIRE(own->flush());
  CHECK(flushes_seen == before + 1);
}

TEST_CASE("a flush that fails is final, whatever the reason: nothing is written any more") {
  for (const int why : {EIO, ENOSPC}) {
    const millrace::temporary_directory directory;
    const auto own = open_sqlite_store(directory.path(), open_mode::own).value();
    REQUIRE(own->write(one_event(0)));
    fails_with = why;
    CHECK(own->flush().error().code == errc::storage_failed);
    fails_with = 0;
    CHECK(own->flush().error().code == errc::storage_failed);
    CHECK(own->write(one_event(1)).error().code == errc::storage_failed);
    CHECK(own->maintain().error().code == errc::storage_failed);
    const auto size = std::filesystem::file_size(directory.path() / store_file_name);
    CHECK(own->close().error().code == errc::storage_failed);
    CHECK(std::filesystem::file_size(directory.path() / store_file_name) == size);
  }
}

}  // namespace millrace
