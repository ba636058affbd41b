#include "sqlite/connection.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <limits>

#include "sqlite/migrations.hpp"
#include "support/temporary_directory.hpp"

namespace millrace::sqlite {

namespace {

constexpr const char* one_step[] = {"CREATE TABLE t (a INTEGER PRIMARY KEY, b)"};
constexpr const char* two_steps[] = {one_step[0], "INSERT INTO t VALUES (1, 'new')"};
constexpr schema first_schema{.application_id = 77, .steps = one_step};
constexpr schema second_schema{.application_id = 77, .steps = two_steps};

connection writer_of(const std::filesystem::path& file) {
  auto opened = connection::open(file, {.role = role::writer, .create = true});
  REQUIRE(opened);
  return std::move(*opened);
}

connection with_table(const millrace::temporary_directory& directory) {
  connection made = writer_of(directory.path() / "db");
  REQUIRE(migrate(made, first_schema));
  return made;
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

TEST_CASE("a value comes back as it was bound") {
  const millrace::temporary_directory directory;
  connection database = with_table(directory);
  auto put = database.prepare("INSERT INTO t VALUES (?, ?)");
  REQUIRE(put->run(1, std::string_view{"a\0b", 3}));
  REQUIRE(put->run(2, std::string_view{}));
  REQUIRE(put->run(3, std::optional<position>{}));
  REQUIRE(put->run(4, position{UINT64_MAX}));
  REQUIRE(put->run(5, timestamp{std::chrono::microseconds{-7}}));
  auto get = database.prepare("SELECT b FROM t ORDER BY a");
  const auto guard = get->start();
  REQUIRE(get->next() == step::row);
  CHECK(get->bytes(0) == std::string_view{"a\0b", 3});
  REQUIRE(get->next() == step::row);
  CHECK_FALSE(get->is_null(0));
  CHECK(get->bytes(0).empty());
  REQUIRE(get->next() == step::row);
  CHECK_FALSE(get->maybe_at(0));
  REQUIRE(get->next() == step::row);
  CHECK(get->integer(0) == std::numeric_limits<std::int64_t>::max());
  REQUIRE(get->next() == step::row);
  CHECK(get->time(0) == timestamp{std::chrono::microseconds{-7}});
  CHECK(get->next() == step::done);
}

TEST_CASE("a transaction that goes out of scope is undone") {
  const millrace::temporary_directory directory;
  connection database = with_table(directory);
  {
    auto change = transaction::begin(database, role::writer);
    REQUIRE(change);
    REQUIRE(database.execute("INSERT INTO t VALUES (1, 2)"));
  }
  CHECK(*database.query_integer("SELECT count(*) FROM t") == 0);
}

TEST_CASE("a broken constraint is corrupt, and wrong SQL failed") {
  const millrace::temporary_directory directory;
  connection database = with_table(directory);
  auto put = database.prepare("INSERT INTO t VALUES (1, 2)");
  REQUIRE(put->run());
  CHECK(put->run().error().code == errc::corrupt);
  CHECK(database.prepare("SELECT * FROM nothing").error().code == errc::storage_failed);
}

TEST_CASE("a reader cannot write, and sees what the writer committed") {
  const millrace::temporary_directory directory;
  connection writer = with_table(directory);
  auto reader = connection::open(directory.path() / "db", {});
  REQUIRE(reader);
  CHECK_FALSE(reader->execute("INSERT INTO t VALUES (1, 2)"));
  REQUIRE(writer.execute("INSERT INTO t VALUES (1, 2)"));
  CHECK(*reader->query_integer("SELECT count(*) FROM t") == 1);
}

TEST_CASE("a file that is missing is not found, and is not created") {
  const millrace::temporary_directory directory;
  const auto opened = connection::open(directory.path() / "db", {});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == errc::not_found);
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("the last connection leaves the WAL as it is") {
  const millrace::temporary_directory directory;
  const auto wal = directory.path() / "db-wal";
  {
    connection writer = with_table(directory);
    REQUIRE(writer.execute("INSERT INTO t VALUES (1, 2)"));
    CHECK(writer.wal_size() > 0);
  }
  const auto size = std::filesystem::file_size(wal);
  CHECK(size > 0);
  {
    auto reader = connection::open(directory.path() / "db", {});
    CHECK(*reader->query_integer("SELECT count(*) FROM t") == 1);
  }
  CHECK(std::filesystem::file_size(wal) == size);
  connection writer = writer_of(directory.path() / "db");
  REQUIRE(writer.use_wal());
  REQUIRE(writer.checkpoint_wal(true));
  CHECK(std::filesystem::file_size(wal) == 0);
  CHECK(*writer.query_integer("SELECT count(*) FROM t") == 1);
}

TEST_CASE("a WAL that was made longer beforehand is read as if it were not") {
  const millrace::temporary_directory directory;
  const auto wal = directory.path() / "db-wal";
  const std::size_t longer = 1u << 20;
  {
    connection writer = with_table(directory);
    REQUIRE(writer.execute("INSERT INTO t VALUES (1, 'before')"));
    REQUIRE(writer.lengthen_wal(longer));
    REQUIRE(writer.execute("INSERT INTO t VALUES (2, 'after')"));
  }
  const auto size = std::filesystem::file_size(wal);
  CHECK(size >= longer);
  std::filesystem::remove(directory.path() / "db-shm");  // so the WAL is read from its beginning
  connection writer = writer_of(directory.path() / "db");
  REQUIRE(writer.use_wal());
  CHECK(*writer.query_integer("SELECT count(*) FROM t") == 2);
  REQUIRE(writer.lengthen_wal(longer / 2));  // which it is
  REQUIRE(writer.execute("INSERT INTO t VALUES (3, 'over zeros')"));
  CHECK(std::filesystem::file_size(wal) == size);
  CHECK(*writer.query_integer("SELECT count(*) FROM t") == 3);
}

TEST_CASE("a store is brought up to date step by step") {
  const millrace::temporary_directory directory;
  { with_table(directory); }
  {
    auto reader = connection::open(directory.path() / "db", {});
    CHECK(require_current(*reader, first_schema));
    const auto older = require_current(*reader, second_schema);
    REQUIRE_FALSE(older);
    CHECK(older.error().code == errc::incompatible);
  }
  connection writer = writer_of(directory.path() / "db");
  REQUIRE(migrate(writer, second_schema));
  CHECK(*writer.query_integer("SELECT count(*) FROM t") == 1);
  REQUIRE(migrate(writer, second_schema));
  CHECK(*writer.query_integer("SELECT count(*) FROM t") == 1);
}

TEST_CASE("a newer schema is refused with both numbers") {
  const millrace::temporary_directory directory;
  connection writer = writer_of(directory.path() / "db");
  REQUIRE(migrate(writer, second_schema));
  const auto refused = migrate(writer, first_schema);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::newer_schema);
  CHECK_THAT(refused.error().message, Catch::Contains("schema 2") && Catch::Contains("up to 1"));
}

TEST_CASE("another program's database is refused") {
  const millrace::temporary_directory directory;
  connection writer = writer_of(directory.path() / "db");
  REQUIRE(writer.execute("CREATE TABLE theirs (a)"));
  const std::string before = contents(directory.path() / "db");
  const auto refused = migrate(writer, first_schema);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid);
  CHECK(contents(directory.path() / "db") == before);
}

TEST_CASE("a file that is no database is refused") {
  const millrace::temporary_directory directory;
  const auto file = directory.path() / "db";
  const std::string text(5000, 'x');
  std::ofstream{file} << text;
  const auto refused = connection::open(file, {.role = role::writer, .create = true});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::corrupt);
  CHECK(contents(file) == text);
}

}  // namespace millrace::sqlite
