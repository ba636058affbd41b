#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "sqlite/connection.hpp"
#include "support/temporary_directory.hpp"

namespace millrace::sqlite {

namespace {

class three_rows {
 public:
  three_rows() {
    auto opened =
        connection::open(directory_.path() / "db", {.role = role::writer, .create = true});
    REQUIRE(opened);
    database = std::move(*opened);
    REQUIRE(database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)"));
    REQUIRE(database.execute("INSERT INTO t VALUES (1, x'610062'), (2, NULL), (3, x'63')"));
    auto prepared = database.prepare("SELECT each_row(?1, a, b) FROM t WHERE a >= ?2");
    REQUIRE(prepared);
    rows = std::move(*prepared);
  }

 private:
  millrace::temporary_directory directory_;

 public:
  connection database;
  statement rows;
};

}  // namespace

TEST_CASE("a visitor sees the rows in the order of their key") {
  three_rows over;
  std::vector<std::pair<std::int64_t, std::string>> seen;
  const auto look = [&](const row_view& row) {
    seen.emplace_back(row.integer(0), row.bytes(1));
    return true;
  };
  REQUIRE(over.rows.visit(look, 1));
  REQUIRE(over.rows.visit(look, 3));
  using namespace std::string_literals;
  CHECK(seen == decltype(seen){{1, "a\0b"s}, {2, ""}, {3, "c"}, {3, "c"}});
}

TEST_CASE("a visitor that has seen enough is shown no more, and that is no error") {
  three_rows over;
  int seen = 0;
  const auto look = [&](const row_view&) { return ++seen < 2; };
  REQUIRE(over.rows.visit(look, 1));
  CHECK(seen == 2);
}

TEST_CASE("a visitor that stops within a transaction leaves it open") {
  three_rows over;
  auto change = transaction::begin(over.database, role::writer);
  REQUIRE(change);
  REQUIRE(over.database.execute("INSERT INTO t VALUES (4, NULL)"));
  REQUIRE(over.rows.visit([](const row_view&) { return false; }, 1));
  REQUIRE(change->commit());
  CHECK(*over.database.query_integer("SELECT count(*) FROM t") == 4);
}

TEST_CASE("what a visitor throws comes out, and the statement can be used again") {
  three_rows over;
  const auto fails = [](const row_view&) -> bool { throw std::runtime_error{"no"}; };
  CHECK_THROWS_WITH(over.rows.visit(fails, 1), "no");
  int seen = 0;
  const auto look = [&](const row_view&) { return ++seen > 0; };
  REQUIRE(over.rows.visit(look, 1));
  CHECK(seen == 3);
}

TEST_CASE("a visitor may ask the same connection something else") {
  three_rows over;
  std::int64_t sum = 0;
  const auto look = [&](const row_view& row) {
    sum += row.integer(0) * *over.database.query_integer("SELECT count(*) FROM t");
    return true;
  };
  REQUIRE(over.rows.visit(look, 1));
  CHECK(sum == 18);
}

TEST_CASE("an editor makes a column of what the row was") {
  three_rows over;
  auto put = over.database.prepare("UPDATE t SET b = edited(?1, b, a), a = a + ?2 WHERE a = ?3");
  REQUIRE(put);
  std::string made;
  int asked = 0;
  const auto extend = [&](const row_view& row) -> std::string_view {
    ++asked;
    made = std::string{row.bytes(0)} + std::to_string(row.integer(1));
    return made;
  };
  REQUIRE(put->edit(extend, 10, 3));
  CHECK(asked == 1);
  CHECK(*over.database.query_integer("SELECT count(*) FROM t WHERE a = 13 AND b = x'6333'") == 1);
  REQUIRE(put->edit(extend, 10, 77));
  CHECK(asked == 1);  // there is no such row
}

TEST_CASE("what an editor makes of nothing is empty, and not NULL") {
  three_rows over;
  auto put = over.database.prepare("UPDATE t SET b = edited(?1, b) WHERE a = ?2");
  REQUIRE(put);
  const auto look = [](const row_view& row) -> std::string_view {
    CHECK_FALSE(row.maybe_at(0));
    return {};
  };
  REQUIRE(put->edit(look, 2));
  CHECK(*over.database.query_integer("SELECT count(*) FROM t WHERE b = x''") == 1);
}

TEST_CASE("what an editor throws comes out, and nothing is changed") {
  three_rows over;
  auto put = over.database.prepare("UPDATE t SET b = edited(?1, b) WHERE a = ?2");
  REQUIRE(put);
  const auto fails = [](const row_view&) -> std::string_view { throw std::runtime_error{"no"}; };
  CHECK_THROWS_WITH(put->edit(fails, 3), "no");
  CHECK(*over.database.query_integer("SELECT count(*) FROM t WHERE b = x'63'") == 1);
  REQUIRE(put->edit([](const row_view&) { return std::string_view{"d"}; }, 3));
  CHECK(*over.database.query_integer("SELECT count(*) FROM t WHERE b = x'64'") == 1);
  CHECK_FALSE(put->run(nullptr, 3));  // nobody edits
}

TEST_CASE("a change says how many rows it changed") {
  three_rows over;
  auto put = over.database.prepare("UPDATE t SET b = NULL WHERE a >= ?");
  REQUIRE(put);
  CHECK(*put->change(2) == 2);
  CHECK(*put->change(4) == 0);
}

}  // namespace millrace::sqlite
