// A timeline whose file says what no commit wrote.
#include <catch2/catch.hpp>

#include "sqlite/connection.hpp"
#include "store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

namespace millrace {

TEST_CASE("rows of the timeline that are out of order are damage, and those before it are read") {
  const temporary_directory place;
  {
    const auto owner = open_sqlite_store(place.path(), open_mode::own);
    REQUIRE(owner);
    commit_batch batch;
    for (std::uint64_t at = 0; at < 4; ++at) batch.events.push_back({{at}, "E", {}, "", ""});
    REQUIRE((*owner)->commit(batch));
    REQUIRE((*owner)->close());
  }
  {
    // A table without its key, so that rows lie as they came.
    auto database =
        sqlite::connection::open(place.path() / store_file_name, {.role = sqlite::role::writer});
    REQUIRE(database);
    REQUIRE(
        database->execute("CREATE TABLE shuffled AS SELECT * FROM events "
                          "ORDER BY position IN (1, 3), position;"
                          "DROP TABLE events; ALTER TABLE shuffled RENAME TO events"));
  }
  const auto from = open_sqlite_store(place.path(), open_mode::read_only);
  REQUIRE(from);
  std::vector<position> seen;
  const auto read = (*from)->scan({}, {4}, [&](const event_row& row) {
    seen.push_back(row.at);
    return true;
  });
  REQUIRE_FALSE(read);
  CHECK(read.error().code == errc::corrupt);
  CHECK(read.error().message ==
        "the timeline is not in order: position 1 comes where 3 or later is due");
  CHECK(seen == std::vector<position>{{0}, {2}});
}

}  // namespace millrace
