// What others see of a connection whose writes are joined, and how many of them there are.
#include "sqlite/joined_writes.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "sqlite/connection.hpp"
#include "support/temporary_directory.hpp"

namespace {

std::atomic<int> writes_seen = 0;

}  // namespace

/// Takes the place of the system's, for SQLite, too.
extern "C" ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  ++writes_seen;
  return ::syscall(SYS_pwrite64, file, bytes, size, at);
}

namespace millrace::sqlite {
namespace {

using rows = std::map<std::int64_t, std::string>;

rows rows_of(connection& database) {
  auto all = database.prepare("SELECT a, b FROM t");
  REQUIRE(all);
  const auto guard = all->start();
  rows found;
  while (all->next() == step::row) found.emplace(all->integer(0), all->bytes(1));
  return found;
}

/// As the next process finds it, when this one ends here.
rows rows_after_a_kill(const std::filesystem::path& file) {
  const millrace::temporary_directory elsewhere;
  const auto copy = elsewhere.path() / "db";
  std::filesystem::copy_file(file, copy);
  std::filesystem::copy_file(file.string() + "-wal", copy.string() + "-wal");
  auto next = connection::open(copy, {.role = role::writer});
  REQUIRE(next);
  CHECK(next->query_integer("SELECT count(*) FROM pragma_integrity_check WHERE "
                            "integrity_check <> 'ok'")
            .value() == 0);
  return rows_of(*next);
}

struct written {
  millrace::temporary_directory directory;
  std::filesystem::path file = directory.path() / "db";
  connection database;

  explicit written(std::size_t cache_size)
      : database(
            connection::open(file, {.role = role::writer, .create = true, .cache_size = cache_size})
                .value()) {
    REQUIRE(database.use_wal());
    REQUIRE(database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)"));
  }
};

}  // namespace

TEST_CASE("what is committed is there for others at once, whatever was written early or undone") {
  const auto seed = Catch::rngSeed();
  CAPTURE(seed);
  std::mt19937 choose{seed};
  written under{std::size_t{64} << 10};  // so few pages that large commits write some early
  auto reader = connection::open(under.file, {});
  REQUIRE(reader);
  auto put = under.database.prepare("INSERT OR REPLACE INTO t VALUES (?, ?)");
  REQUIRE(put);
  rows expected;
  for (int commit = 0; commit < 150; ++commit) {
    auto change = transaction::begin(under.database, role::writer);
    REQUIRE(change);
    auto after = expected;
    const auto changes = choose() % 4 == 0 ? choose() % 400 : choose() % 4;
    for (unsigned i = 0; i < changes; ++i) {
      const auto at = static_cast<std::int64_t>(choose() % 600);
      std::string text(choose() % 900, static_cast<char>('a' + choose() % 26));
      REQUIRE(put->run(at, std::string_view{text}));
      after[at] = std::move(text);
    }
    if (choose() % 5 == 0) {
      const auto undone = std::move(*change);
    } else {
      REQUIRE(change->commit());
      expected = std::move(after);
    }
    REQUIRE(rows_of(*reader) == expected);
    if (choose() % 10 == 0) REQUIRE(rows_after_a_kill(under.file) == expected);
    if (choose() % 10 == 0) REQUIRE(under.database.checkpoint_wal(choose() % 2 == 0));
  }
  CHECK(rows_after_a_kill(under.file) == expected);
}

TEST_CASE("pages that were copied back while a reader needs the WAL are there for the next one") {
  written under{std::size_t{8} << 20};
  auto reader = connection::open(under.file, {});
  auto next = connection::open(under.file, {});
  REQUIRE(reader);
  REQUIRE(next);
  auto put = under.database.prepare("INSERT OR REPLACE INTO t VALUES (?, ?)");
  REQUIRE(put);
  rows first, second;
  for (std::int64_t at = 0; at < 200; ++at) {
    first[at] = std::string(500, 'a');
    REQUIRE(put->run(at, std::string_view{first[at]}));
  }
  const auto old = transaction::begin(*reader, role::reader);
  REQUIRE(old);
  REQUIRE(rows_of(*reader) == first);
  for (const auto& [at, text] : first) {
    second[at] = std::string(500, 'b');
    REQUIRE(put->run(at, std::string_view{second[at]}));
  }
  REQUIRE(under.database.checkpoint_wal(false));
  CHECK(rows_of(*next) == second);
  CHECK(rows_of(*reader) == first);
  CHECK(rows_after_a_kill(under.file) == second);
}

TEST_CASE("a commit of many pages is a few writes") {
  written under{std::size_t{8} << 20};
  auto put = under.database.prepare("INSERT INTO t VALUES (?, ?)");
  REQUIRE(put);
  const std::string text(3000, 'x');  // a page each
  auto change = transaction::begin(under.database, role::writer);
  for (std::int64_t at = 0; at < 500; ++at) REQUIRE(put->run(at, std::string_view{text}));
  const int before = writes_seen;
  REQUIRE(change->commit());
  CHECK(writes_seen - before < 25);
}

}  // namespace millrace::sqlite
