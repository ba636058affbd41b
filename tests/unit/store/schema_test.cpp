// Stores of former schemas, brought up to date.
#include <catch2/catch.hpp>
#include <string>

#include "sqlite/connection.hpp"
#include "sqlite/migrations.hpp"
#include "store/sqlite_schema.hpp"
#include "support/temporary_directory.hpp"
#include "unit/store/on_disk.hpp"

namespace millrace {
namespace {

/// An empty store, as it was then.
sqlite::connection of_schema(std::size_t number, const std::filesystem::path& directory) {
  auto database = sqlite::connection::open(directory / store_file_name,
                                           {.role = sqlite::role::writer, .create = true});
  REQUIRE(database);
  auto old = store_schema();
  old.steps = old.steps.first(number);
  REQUIRE(sqlite::migrate(*database, old));
  return std::move(*database);
}

}  // namespace

TEST_CASE("of a store of schema 3, what was pending is, and nothing else") {
  const millrace::temporary_directory directory;
  {
    auto database = of_schema(3, directory.path());
    REQUIRE(
        database.execute("INSERT INTO flows (number, latest, checkpoint, stopped, key) VALUES "
                         "(0, 5, 3, 0, x'41'), (1, 5, 3, 1, x'42'), (2, 5, 5, 0, x'43'), "
                         "(3, NULL, -1, 0, x'44'), (4, 0, -1, 0, x'45')"));
  }
  const auto made = opened(directory.path(), open_mode::own);
  auto rows = sqlite::connection::open(directory.path() / store_file_name, {});
  REQUIRE(rows);
  const auto status = [&](int flow) {
    return *rows->query_integer("SELECT status FROM flows WHERE number = " + std::to_string(flow));
  };
  CHECK(status(0) == 2);
  CHECK(status(1) == 1);
  CHECK(status(2) == 0);
  CHECK(status(3) == 0);
  CHECK(status(4) == 2);
}

TEST_CASE("a store of schema 1 is brought up to date: what it holds becomes the first build") {
  const millrace::temporary_directory directory;
  {
    auto database = of_schema(1, directory.path());
    v1::FlowType type;
    type.set_name("T");
    type.set_routed(7);
    v1::Checkpoint checkpoint;
    checkpoint.set_position(3);
    const auto hex = [](const std::string& bytes) {
      std::string text;
      for (const char c : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[static_cast<unsigned char>(c) / 16];
        text += digits[static_cast<unsigned char>(c) % 16];
      }
      return "x'" + text + "'";
    };
    const auto sql = "INSERT INTO flow_types VALUES (CAST('T' AS BLOB), " +
                     hex(type.SerializeAsString()) +
                     ");"
                     "INSERT INTO flows VALUES (0, 1, 5, 2, 3, 0, CAST('T|a' AS BLOB), " +
                     hex(checkpoint.SerializeAsString()) +
                     ", x'0308');"
                     "INSERT INTO schedule VALUES (1, 10, CAST('Bell' AS BLOB), NULL, NULL);"
                     "INSERT INTO event_types VALUES (1, CAST('Bell' AS BLOB));"
                     "INSERT INTO events VALUES (1, 1, 0, x'', NULL)";
    REQUIRE(database.execute(sql.c_str()));
  }
  const auto made = opened(directory.path(), open_mode::own);
  const auto types = *made->flow_types();
  REQUIRE(types.size() == 1);
  CHECK(types[0].routed() == 7);
  CHECK(types[0].build() == 1);
  CHECK(types[0].served());
  const auto row = *made->find_flow(flow_key{"T", "a"}, first_build);
  REQUIRE(row);
  CHECK(row->entry.born == position{1});
  CHECK(row->latest == position{5});
  CHECK(row->checkpoint.position() == 3);
  CHECK(made->postings(row->entry.number, std::nullopt, 9)->size() == 2);
  CHECK_FALSE((*made->scheduled({1}))->inert);
  std::size_t pending = 0;
  REQUIRE(made->pending([&](const flow_row&) { return ++pending > 0; }));
  CHECK(pending == 1);
  CHECK(*made->check() == std::vector<std::string>{});
}

}  // namespace millrace
