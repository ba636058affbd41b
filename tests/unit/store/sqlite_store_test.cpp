// What only a store on a disk can show: other processes, kills and damage.
#include "store/sqlite_store.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "sqlite/connection.hpp"
#include "sqlite/migrations.hpp"
#include "support/temporary_directory.hpp"
#include "unit/store/on_disk.hpp"

namespace millrace {

namespace {

error refusal(const std::filesystem::path& directory, open_mode mode) {
  const auto made = open_sqlite_store(directory, mode);
  REQUIRE_FALSE(made);
  return made.error();
}

// Runs in a child that then dies without closing anything.
template <class Work>
void in_killed_process(Work work) {
  const int process = ::fork();
  if (process == 0) {
    work();
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(process, nullptr, 0);
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void alter(const std::filesystem::path& directory, const char* sql) {
  auto database =
      sqlite::connection::open(directory / store_file_name, {.role = sqlite::role::writer});
  REQUIRE(database);
  REQUIRE(database->execute(sql));
}

}  // namespace

TEST_CASE("a missing store is created for its owner alone") {
  const millrace::temporary_directory scratch;
  const auto directory = scratch.path() / "a" / "b";
  CHECK(refusal(directory, open_mode::read_only).code == errc::not_found);
  CHECK(refusal(directory, open_mode::own_existing).code == errc::not_found);
  CHECK_FALSE(std::filesystem::exists(directory));
  opened(directory, open_mode::own).reset();
  opened(directory, open_mode::own_existing).reset();
  opened(directory, open_mode::read_only).reset();
}

TEST_CASE("a second owner is refused and told who the first one is") {
  const millrace::temporary_directory directory;
  const auto owner = opened(directory.path(), open_mode::own);
  const error refused = refusal(directory.path(), open_mode::own);
  CHECK(refused.code == errc::in_use);
  CHECK_THAT(refused.message, Catch::Contains(std::to_string(::getpid())));
}

TEST_CASE("a store that was closed can be owned again") {
  const millrace::temporary_directory directory;
  const auto first = opened(directory.path(), open_mode::own);
  REQUIRE(first->commit(one_event(0)));
  REQUIRE(first->close());
  const auto second = opened(directory.path(), open_mode::own);
  REQUIRE(second->commit(one_event(1)));
  CHECK(first->tail() == position{2});
  CHECK(rows_in(*first) == 2);
}

TEST_CASE("what a killed process committed is read, with and without an owner") {
  const millrace::temporary_directory directory;
  in_killed_process([&] {
    auto made = open_sqlite_store(directory.path(), open_mode::own);
    (void)(*made)->commit(one_event(0));
    (void)(*made)->commit({.flows = {{flow_number{0}, flow_key{"A"}, {0}}},
                           .checkpoints = {{flow_number{0}, {}, "state"}}});
  });
  // A crash of the machine takes the index of the WAL too.
  const bool index_is_lost = GENERATE(false, true);
  const auto index = directory.path() / (std::string{store_file_name} + "-shm");
  if (index_is_lost) std::filesystem::remove(index);
  for (const open_mode mode : {open_mode::read_only, open_mode::own, open_mode::read_only}) {
    const auto read = opened(directory.path(), mode);
    CHECK(read->tail() == position{1});
    CHECK(rows_in(*read) == 1);
    CHECK((*read->load(flow_number{0}))->state == "state");
    CHECK(read->check()->empty());
  }
}

TEST_CASE("reading alone leaves the database and its WAL as they are") {
  const millrace::temporary_directory directory;
  const auto database = directory.path() / store_file_name;
  const auto wal = directory.path() / (std::string{store_file_name} + "-wal");
  in_killed_process([&] {
    auto made = open_sqlite_store(directory.path(), open_mode::own);
    (void)(*made)->commit(one_event(0));
  });
  const std::string before = contents(database);
  const std::string wal_before = contents(wal);
  CHECK(rows_in(*opened(directory.path(), open_mode::read_only)) == 1);
  CHECK(contents(database) == before);
  CHECK(contents(wal) == wal_before);
}

TEST_CASE("a reader beside an owner sees its commits and refuses its own") {
  const millrace::temporary_directory directory;
  const auto owner = opened(directory.path(), open_mode::own);
  const auto beside = opened(directory.path(), open_mode::read_only);
  REQUIRE(owner->commit(one_event(0)));
  CHECK(beside->tail() == position{1});
  CHECK(beside->commit(one_event(1)).error().code == errc::closed);
  CHECK(rows_in(*beside) == 1);
}

TEST_CASE("closing empties the log and the WAL") {
  const millrace::temporary_directory directory;
  const auto wal = directory.path() / (std::string{store_file_name} + "-wal");
  const auto owner = opened(directory.path(), open_mode::own);
  REQUIRE(owner->commit({.flows = {{flow_number{0}, flow_key{"A"}, {0}}}}));
  REQUIRE(owner->commit({.checkpoints = {{flow_number{0}, {}, "state"}}}));
  CHECK(std::filesystem::file_size(wal) > 0);
  REQUIRE(owner->close());
  CHECK(std::filesystem::file_size(wal) == 0);
  auto database = sqlite::connection::open(directory.path() / store_file_name, {});
  CHECK(*database->query_integer("SELECT count(*) FROM checkpoint_log") == 0);
}

TEST_CASE("checkpoints that come with their flows are written once, past the log") {
  const millrace::temporary_directory directory;
  const auto owner = opened(directory.path(), open_mode::own);
  commit_batch batch;
  for (std::uint32_t i = 0; i < 3; ++i) {
    batch.flows.push_back({flow_number{i}, flow_key{"A", std::to_string(i)}, {0}});
    batch.checkpoints.push_back({flow_number{i}, {}, "state"});
  }
  REQUIRE(owner->commit(batch));
  auto database = sqlite::connection::open(directory.path() / store_file_name, {});
  CHECK(*database->query_integer("SELECT count(*) FROM checkpoint_log") == 0);
  CHECK(*database->query_integer("SELECT count(*) FROM states") == 3);
}

TEST_CASE("many checkpoints of one commit are written once, past the log") {
  const millrace::temporary_directory directory;
  const auto owner = opened(directory.path(), open_mode::own);
  commit_batch entries;
  commit_batch checkpoints;
  for (std::uint32_t i = 0; i < 4096; ++i) {
    entries.flows.push_back({flow_number{i}, flow_key{"A", std::to_string(i)}, {0}});
    checkpoints.checkpoints.push_back({flow_number{i}, {}, "state"});
  }
  REQUIRE(owner->commit(entries));
  REQUIRE(owner->commit(checkpoints));
  auto database = sqlite::connection::open(directory.path() / store_file_name, {});
  CHECK(*database->query_integer("SELECT count(*) FROM checkpoint_log") == 0);
  CHECK(*database->query_integer("SELECT count(*) FROM states") == 4096);
}

TEST_CASE("the WAL stays small while commits go on") {
  const millrace::temporary_directory directory;
  const auto wal = directory.path() / (std::string{store_file_name} + "-wal");
  const auto owner = opened(directory.path(), open_mode::own);
  const std::string payload(100'000, 'x');
  for (std::uint64_t at = 0; at < 200; ++at) {
    REQUIRE(owner->commit(one_event(at, payload)));
    REQUIRE(owner->maintain());
  }
  CHECK(std::filesystem::file_size(wal) < 6'000'000);
  CHECK(rows_in(*owner) == 200);
}

TEST_CASE("the WAL of small commits is made longer before they need it, up to its limit") {
  const millrace::temporary_directory directory;
  const auto wal = directory.path() / (std::string{store_file_name} + "-wal");
  const auto owner = opened(directory.path(), open_mode::own);
  std::uint64_t at = 0;
  const auto commit_some = [&](int commits) {
    for (int i = 0; i < commits; ++i) {
      commit_batch one = one_event(at++);
      one.needs_flush = false;
      REQUIRE(owner->commit(one));
      REQUIRE(owner->maintain());
    }
  };
  commit_some(5);
  CHECK(std::filesystem::file_size(wal) < 256'000);  // who writes little is spared
  commit_some(200);                                  // of a page each
  CHECK(std::filesystem::file_size(wal) > 1'600'000);
  commit_some(4000);
  const auto size = std::filesystem::file_size(wal);
  CHECK(size > 8'000'000);
  CHECK(size < 9'000'000);
  CHECK(rows_in(*owner) == at);
}

TEST_CASE("a store of a newer millrace is refused with both numbers") {
  const millrace::temporary_directory directory;
  opened(directory.path(), open_mode::own).reset();
  alter(directory.path(), "PRAGMA user_version = 99");
  for (const open_mode mode : {open_mode::own, open_mode::read_only}) {
    const error refused = refusal(directory.path(), mode);
    CHECK(refused.code == errc::newer_schema);
    CHECK_THAT(refused.message, Catch::Contains("99"));
  }
}

TEST_CASE("a file that is no database is refused and untouched") {
  const millrace::temporary_directory directory;
  const auto file = directory.path() / store_file_name;
  const std::string text(10'000, 'x');
  std::ofstream{file} << text;
  for (const open_mode mode : {open_mode::own, open_mode::read_only}) {
    CHECK(refusal(directory.path(), mode).code == errc::corrupt);
  }
  CHECK(contents(file) == text);
}

TEST_CASE("check names what is damaged") {
  const millrace::temporary_directory directory;
  {
    const auto owner = opened(directory.path(), open_mode::own);
    commit_batch batch = one_event(0);
    batch.flows = {{flow_number{0}, flow_key{"A"}, {0}}};
    batch.postings = {{flow_number{0}, {{{0}, true}}}};
    batch.checkpoints = {{flow_number{0}, {}, "state"}};
    batch.effects = {{{0}, {1}}};
    batch.scheduled = {{{0}, {}, "Due", "", std::nullopt}};
    const auto checkpoints = std::exchange(batch.checkpoints, {});
    REQUIRE(owner->commit(batch));
    REQUIRE(owner->commit({.checkpoints = checkpoints}));
    CHECK(owner->check()->empty());
  }
  const auto [sql, finding] = GENERATE(table<const char*, const char*>({
      {"UPDATE flows SET latest = 5", "latest is not its last posting"},
      {"UPDATE flows SET postings = 2", "1 postings, and its row says 2"},
      {"UPDATE flows SET tail = x'ff'", "block of postings does not decode"},
      {"UPDATE flows SET record = x'ff'", "its checkpoint does not decode"},
      {"UPDATE flows SET checkpoint = 4", "its row and its checkpoint disagree"},
      {"UPDATE flows SET status = 0", "its row and its checkpoint disagree"},
      {"UPDATE checkpoint_log SET records = x'00ff'", "checkpoint log: row 1 does not decode"},
      {"UPDATE checkpoint_log SET records = x'090000'", "flow number 9, which is no flow"},
      {"UPDATE progress SET value = 1 WHERE name = 'folded'", "was folded and is still there"},
      {"UPDATE effect_blocks SET pairs = x'80'", "effects: block 0 does not decode"},
      {"UPDATE events SET type = 9", "event 0 has the unknown type number 9"},
      {"DELETE FROM events", "the schedule has an entry for 0, which is no event"},
      {"DELETE FROM progress WHERE name = 'routed'", "progress: a row is missing"},
  }));
  alter(directory.path(), sql);
  const auto read = opened(directory.path(), open_mode::read_only);
  const auto findings = read->check();
  REQUIRE(findings);
  REQUIRE_FALSE(findings->empty());
  CHECK_THAT(findings->front(), Catch::Contains(finding));
}

}  // namespace millrace
