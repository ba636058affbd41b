// Every kind of damage that SQL can do to derived data of a real store: listed, and mended.
#include <millrace/host.hpp>

#include "scenario/rebuild.hpp"
#include "sqlite/connection.hpp"
#include "store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::rebuilding;
using namespace std::chrono_literals;

namespace {

constexpr int notes = 3000;

/// A store with full blocks, closed.
struct on_disk {
  on_disk() {
    auto over = opened(true);
    for (int first = 0; first < notes; first += 500) {
      std::vector<new_event> batch;
      for (int i = first; i < first + 500; ++i) batch.push_back(new_event::of(note(i)));
      REQUIRE(over->append(std::move(batch)).get());
    }
    REQUIRE(over->wait_until_caught_up(60s));
    before = over->read<tallies>("k3")->state.SerializeAsString();
    over->stop();
  }
  std::unique_ptr<host> opened(bool runs) {
    auto made = std::make_unique<host>(
        host_options{.store = place.path(), .run_flows = runs, .worker_threads = 1});
    REQUIRE(made->add<tallies>());
    REQUIRE(made->add<answers>());
    REQUIRE(made->open());
    return made;
  }
  void sql(const char* script) {
    auto database =
        sqlite::connection::open(place.path() / store_file_name, {.role = sqlite::role::writer});
    REQUIRE(database);
    const auto ran = database->execute(script);
    if (!ran) FAIL(ran.error().message);
  }
  std::vector<std::string> compared() {
    const auto looked_at = open_sqlite_store(place.path(), open_mode::read_only);
    REQUIRE(looked_at);
    return differences(**looked_at);
  }
  std::vector<std::string> verified() {
    const auto looked_at = open_sqlite_store(place.path(), open_mode::read_only);
    REQUIRE(looked_at);
    return findings(**looked_at);
  }

  temporary_directory place;
  std::string before;
};

struct damage {
  const char* what;
  const char* sql;
  std::size_t differences;
};

constexpr damage kinds[] = {
    {"a block is lost",
     "DELETE FROM posting_blocks WHERE number = (SELECT min(number) FROM posting_blocks)", 1},
    {"a tail is lost", "UPDATE flows SET tail = NULL WHERE key = x'416e7377657273'", 1},
    {"garbage in a tail", "UPDATE flows SET tail = x'ffff' WHERE key = x'416e7377657273'", 1},
    {"garbage in a block",
     "UPDATE posting_blocks SET block = x'80ffffffff' WHERE number = (SELECT min(number) FROM "
     "posting_blocks)",
     1},
    {"a block's row says another last one",
     "UPDATE posting_blocks SET last = last + 1 WHERE number = (SELECT min(number) FROM "
     "posting_blocks)",
     1},
    {"two blocks changed places",
     "UPDATE posting_blocks SET last = last + 1000000 WHERE number = (SELECT min(number) FROM "
     "posting_blocks)",
     1},
    {"latest is wrong everywhere", "UPDATE flows SET latest = latest + 7", 8},
    {"latest is none", "UPDATE flows SET latest = NULL WHERE number = 2", 1},
    {"the count is wrong", "UPDATE flows SET postings = postings - 1 WHERE number = 1", 1},
    {"born is wrong", "UPDATE flows SET born = born + 1 WHERE number = 3", 1},
    {"born is none", "UPDATE flows SET born = NULL WHERE number = 3", 1},
    {"the checkpoint's place is wrong", "UPDATE flows SET checkpoint = 3, status = 1", 8},
    {"what is pending is wrong", "UPDATE flows SET status = 2 WHERE number = 1", 1},
    {"all effects are lost", "DELETE FROM effect_blocks", 1},
    {"garbage in the effects", "UPDATE effect_blocks SET pairs = x'ffffffffffffffff'", 1},
    {"an effect too many", "UPDATE effect_blocks SET pairs = pairs || x'0804'", 1},
    {"a directory entry that is nobody's",
     "INSERT INTO flows (number, key, build, born) VALUES (77, x'54616c6c6965737c78', 1, 5)", 1},
    {"a block that is nobody's",
     "INSERT INTO posting_blocks (flow, last, block) VALUES (99, 3, x'07')", 1},
    {"a state that is nobody's", "INSERT INTO states VALUES (98, x'00')", 1},
    {"everything derived is gone",
     "DELETE FROM posting_blocks; DELETE FROM effect_blocks; "
     "UPDATE flows SET latest = NULL, postings = 0, tail = NULL, born = NULL",
     9},
};

}  // namespace

TEST_CASE("whatever is damaged on disk is listed and mended") {
  on_disk one;
  REQUIRE(one.compared() == std::vector<std::string>{});
  for (const auto& kind : kinds) {
    CAPTURE(kind.what);
    one.sql(kind.sql);
    const auto listed = one.compared();
    CAPTURE(listed);
    CHECK(listed.size() == kind.differences);
    {
      const auto over = one.opened(false);
      const auto counts = rebuild(over->inside(), {});
      REQUIRE(counts);
      CHECK(counts->differences == kind.differences);
      CHECK(counts->mended == kind.differences);
      over->stop();
    }
    CHECK(one.compared() == std::vector<std::string>{});
    CHECK(one.verified() == std::vector<std::string>{});
  }
  const auto over = one.opened(true);
  REQUIRE(over->wait_until_caught_up(60s));
  CHECK(over->read<tallies>("k3")->state.SerializeAsString() == one.before);
  over->stop();
}

TEST_CASE("a query whose directory entry is lost is folded again") {
  on_disk one;
  one.sql("DELETE FROM flows WHERE key = CAST('Tallies|k3' AS BLOB)");
  const auto listed = one.compared();
  CHECK(listed.size() == 2);  // and what is left of it belongs to nobody
  const auto over = one.opened(true);
  REQUIRE(rebuild(over->inside(), {}));
  REQUIRE(over->wait_until_caught_up(60s));
  CHECK(over->read<tallies>("k3")->state.SerializeAsString() == one.before);
  over->stop();
  CHECK(one.compared() == std::vector<std::string>{});
  CHECK(one.verified() == std::vector<std::string>{});
}

TEST_CASE("a topic whose directory entry is lost says nothing again, and goes on") {
  on_disk one;
  one.sql("DELETE FROM flows WHERE key = CAST('Answers' AS BLOB)");
  const auto over = one.opened(true);
  const auto tail = over->inside().running->tail();
  REQUIRE(rebuild(over->inside(), {}));
  REQUIRE(over->wait_until_caught_up(60s));
  CHECK(over->inside().running->tail() == tail);
  REQUIRE(over->append(note(3)).get());
  REQUIRE(over->wait_until_caught_up(60s));
  CHECK(over->inside().running->tail().value == tail.value + 2);
  over->stop();
  CHECK(one.compared() == std::vector<std::string>{});
  CHECK(one.verified() == std::vector<std::string>{});
}

TEST_CASE("topics that are lost with the whole directory say nothing again") {
  on_disk one;
  one.sql("DELETE FROM flows; DELETE FROM posting_blocks; DELETE FROM states");
  const std::size_t memory = GENERATE(std::size_t{512} << 20, std::size_t{20'000});
  {
    const auto over = one.opened(false);
    REQUIRE(rebuild(over->inside(), {.may_use = {.threads = 2, .memory = memory}}));
    over->stop();
  }
  const auto over = one.opened(true);
  const auto tail = over->inside().running->tail();
  REQUIRE(over->wait_until_caught_up(60s));
  CHECK(over->inside().running->tail() == tail);
  CHECK(over->read<tallies>("k3")->state.SerializeAsString() == one.before);
  over->stop();
  CHECK(one.verified() == std::vector<std::string>{});
}
