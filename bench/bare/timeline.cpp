#include "bare/timeline.hpp"

#include <benchmark/benchmark.h>

#include "harness/basics.hpp"

namespace millrace::bench::bare {
namespace {

database& with_tables(database& in) {
  in.run(
      "CREATE TABLE events(position INTEGER PRIMARY KEY, type INTEGER NOT NULL,"
      " time INTEGER NOT NULL, payload BLOB NOT NULL, envelope BLOB)");
  return in;
}

constexpr std::int64_t some_time = 1'700'000'000'000'000;

}  // namespace

timeline::timeline(const std::filesystem::path& file)
    : database_(file, database::mode::write),
      insert_(with_tables(database_), "INSERT INTO events VALUES(?,1,?,?,?)") {}

void timeline::insert(std::uint64_t at, std::string_view payload, std::string_view envelope) {
  const auto number = static_cast<std::int64_t>(at);
  insert_.bind(1, number).bind(2, some_time + number).bind(3, payload).bind(4, envelope).run();
}

double insert_rows(std::uint64_t count, std::uint64_t per_commit, std::string_view payload) {
  const temporary_directory place;
  timeline made{place.path() / "bare.db"};
  return seconds_of([&] {
    for (std::uint64_t at = 0; at < count; ++at) {
      if (at % per_commit == 0) made.begin();
      made.insert(at, payload, {});
      if ((at + 1) % per_commit == 0 || at + 1 == count) made.commit();
    }
  });
}

std::uint64_t scan(const std::filesystem::path& file) {
  database from{file, database::mode::read};
  statement rows{from,
                 "SELECT position, type, time, payload, envelope FROM events ORDER BY position"};
  std::uint64_t count = 0;
  while (rows.step()) {
    ++count;
    for (const int number : {0, 1, 2}) benchmark::DoNotOptimize(rows.integer(number));
    for (const int blob : {3, 4}) {
      const auto bytes = rows.bytes(blob);
      if (!bytes.empty()) benchmark::DoNotOptimize(bytes.back());
    }
  }
  return count;
}

void point_reads(const std::filesystem::path& file, const std::vector<std::uint64_t>& at,
                 const std::filesystem::path& scratch) {
  database into{scratch, database::mode::write};
  into.run("CREATE TABLE IF NOT EXISTS states(number INTEGER PRIMARY KEY, state BLOB)");
  database from{file, database::mode::read};
  statement row{from, "SELECT type, time, payload, envelope FROM events WHERE position = ?"};
  into.run("INSERT OR REPLACE INTO states VALUES(1, 'begun')");
  for (const auto each : at) {
    need(row.bind(1, static_cast<std::int64_t>(each)).step(), "an event is missing");
    benchmark::DoNotOptimize(row.bytes(2));
    row.reset();
  }
  into.run("INSERT OR REPLACE INTO states VALUES(1, 'done')");
}

}  // namespace millrace::bench::bare
