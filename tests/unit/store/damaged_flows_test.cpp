// A flow whose checkpoint or state is damaged, among others.
#include <catch2/catch.hpp>

#include "sqlite/connection.hpp"
#include "store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

namespace millrace {

namespace {

constexpr flow_number damaged{0};
constexpr flow_number sound{1};

/// Two flows with a checkpoint at 0 and a posting behind it; folded when the store was closed.
struct two_flows {
  explicit two_flows(bool closed) {
    auto owner = open_sqlite_store(place.path(), open_mode::own);
    REQUIRE(owner);
    commit_batch batch;
    batch.events = {{{0}, "E", {}, "", ""}, {{1}, "E", {}, "", ""}, {{2}, "E", {}, "", ""}};
    v1::Checkpoint checkpoint;
    checkpoint.set_position(0);
    checkpoint.set_life(0);
    checkpoint.set_snapshot(0);
    for (const auto flow : {damaged, sound}) {
      batch.flows.push_back({flow, flow_key{flow == sound ? "Sound" : "Damaged"}, {0}});
      batch.postings.push_back({flow, {{{0}, true}, {{2}, true}}});
      batch.checkpoints.push_back({flow, checkpoint, "state"});
    }
    const auto checkpoints = std::exchange(batch.checkpoints, {});
    REQUIRE((*owner)->commit(batch));
    REQUIRE((*owner)->commit({.checkpoints = checkpoints}));  // to the log
    if (closed) REQUIRE((*owner)->close());
  }
  void sql(const char* text) {
    auto database =
        sqlite::connection::open(place.path() / store_file_name, {.role = sqlite::role::writer});
    REQUIRE(database);
    REQUIRE(database->execute(text));
  }
  [[nodiscard]] std::unique_ptr<store> read() const {
    auto made = open_sqlite_store(place.path(), open_mode::read_only);
    REQUIRE(made);
    return std::move(*made);
  }

  temporary_directory place;
};

v1::Checkpoint checkpoint_of(const store& from, flow_number flow) {
  const auto row = from.find_flow(flow);
  REQUIRE(row);
  REQUIRE(row->has_value());
  return (*row)->checkpoint;
}

}  // namespace

TEST_CASE("a checkpoint that does not decode is that of a flow stopped before its next event") {
  two_flows made{true};
  made.sql("UPDATE flows SET record = x'ff' WHERE number = 0");
  const auto from = made.read();
  const auto checkpoint = checkpoint_of(*from, damaged);
  CHECK(checkpoint.position() == 0);
  CHECK(checkpoint.error_position() == 2);
  CHECK(checkpoint.error_message() == "its checkpoint does not decode: only `reset` replaces it");
  CHECK(from->load(damaged).error().code == errc::corrupt);
}

TEST_CASE("beside a checkpoint that does not decode other flows are listed, pending and loaded") {
  two_flows made{true};
  made.sql("UPDATE flows SET record = x'ff' WHERE number = 0");
  const auto from = made.read();
  std::vector<std::string> all;
  std::vector<std::string> pending;
  REQUIRE(from->flows({}, [&](const flow_row& row) {
    all.push_back(row.entry.key.text());
    return true;
  }));
  REQUIRE(from->pending([&](const flow_row& row) {
    pending.push_back(row.entry.key.text());
    return true;
  }));
  CHECK(all == std::vector<std::string>{"Damaged", "Sound"});
  CHECK(pending == std::vector<std::string>{"Sound"});
  CHECK((*from->load(sound))->state == "state");
}

TEST_CASE("of a damaged checkpoint in the log no position is known, so all may be handled") {
  two_flows made{true};
  // Flow 0, a record of one byte that does not decode, no state.
  made.sql(
      "INSERT INTO checkpoint_log SELECT value + 1, x'0001ff00' FROM progress "
      "WHERE name = 'folded'");
  const auto from = made.read();
  const auto checkpoint = checkpoint_of(*from, damaged);
  CHECK_FALSE(checkpoint.has_position());
  CHECK(checkpoint.replay_until() == 2);
  CHECK(checkpoint.has_error_position());
  CHECK((*from->load(sound))->state == "state");
}

TEST_CASE("a log row that does not fall into records stops the store, and says what helps") {
  two_flows made{false};
  made.sql("UPDATE checkpoint_log SET records = x'00ff'");
  const auto owned = open_sqlite_store(made.place.path(), open_mode::own);
  REQUIRE_FALSE(owned);
  CHECK(owned.error().code == errc::corrupt);
  CHECK_THAT(owned.error().message, Catch::Contains("row 1 of the checkpoint log does not decode"));
  CHECK_THAT(owned.error().message, Catch::Contains("`export` the timeline and `import` it"));
  const auto from = made.read();
  CHECK(from->find_flow(sound).error().message == owned.error().message);
}

TEST_CASE("beside a log row that does not fall into records the timeline can be read") {
  two_flows made{false};
  made.sql("UPDATE checkpoint_log SET records = x'00ff'");
  const auto from = made.read();
  std::vector<position> seen;
  REQUIRE(from->scan({}, from->tail(), [&](const event_row& row) {
    seen.push_back(row.at);
    return true;
  }));
  CHECK(seen == std::vector<position>{{0}, {1}, {2}});
}

TEST_CASE("a state that its checkpoint speaks of, and that is not there, is an error") {
  two_flows made{true};
  made.sql("DELETE FROM states WHERE flow = 0");
  const auto from = made.read();
  const auto loaded = from->load(damaged);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == errc::corrupt);
  CHECK_THAT(loaded.error().message, Catch::Contains("the state of flow number 0 is lost"));
}

TEST_CASE("a state that is only in the log is not lost") {
  two_flows made{false};
  const auto from = made.read();
  CHECK((*from->load(damaged))->state == "state");
}

}  // namespace millrace
