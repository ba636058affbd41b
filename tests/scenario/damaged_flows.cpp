// A flow whose checkpoint or state is damaged on disk stops alone, and a reset mends it.
#include <catch2/catch.hpp>
#include <millrace/host.hpp>

#include <map>

#include "host/verify.hpp"
#include "sqlite/connection.hpp"
#include "store/sqlite_store.hpp"
#include "support/notes.hpp"
#include "support/temporary_directory.hpp"

using namespace millrace;
using namespace millrace::shop;
using Catch::Matchers::Contains;

namespace {

using list = std::vector<std::int64_t>;
constexpr auto limit = std::chrono::seconds{60};

const flow_key damaged{"Notes", "a"};

/// Two flows with a note each, and then damage to the first one.
class on_disk {
 public:
  on_disk() { run(0); }

  void sql(const char* text) {
    auto database =
        sqlite::connection::open(place_.path() / store_file_name, {.role = sqlite::role::writer});
    REQUIRE(database);
    REQUIRE(database->execute(text));
  }
  std::unique_ptr<host> open() {
    auto made = std::make_unique<host>(host_options{.store = place_.path()});
    REQUIRE(made->add<notes>());
    REQUIRE(made->open());
    return made;
  }
  /// A note for each.
  void run(std::int64_t number) {
    const auto running = open();
    for (const char* key : {"a", "b"}) {
      REQUIRE(running->append(note(key, number)).get());
    }
    REQUIRE(running->wait_until_caught_up(limit));
  }
  /// Who is stopped, and where.
  std::map<std::string, position> stopped() {
    const auto running = open();
    std::map<std::string, position> found;
    REQUIRE(running->flows([&](const flow_summary& one) {
      if (one.status == flow_status::stopped) found[one.key.text()] = *one.error_position;
    }));
    return found;
  }
  std::vector<std::string> findings() {
    const auto from = open_sqlite_store(place_.path(), open_mode::read_only);
    REQUIRE(from);
    const auto types = known_types::of({std::make_shared<const flow_type>(describe<notes>())});
    REQUIRE(types);
    std::vector<std::string> all;
    verifier check{**from,
                   **types,
                   [&](const std::string& subject, const std::string& what) {
                     all.push_back(subject + ": " + what);
                   },
                   {}};
    REQUIRE(check.run());
    return all;
  }

 private:
  temporary_directory place_;
};

constexpr auto lose_state = "DELETE FROM states WHERE flow = 0";
constexpr auto break_checkpoint = "UPDATE flows SET record = x'ff' WHERE number = 0";

}  // namespace

TEST_CASE("verify finds a state that is lost") {
  on_disk made;
  REQUIRE(made.findings().empty());
  made.sql(lose_state);
  const auto found = made.findings();
  REQUIRE(found.size() == 1);
  CHECK_THAT(found.front(), Contains("flow Notes|a: the state of flow number 0 is lost"));
}

TEST_CASE("verify names the flow whose checkpoint does not decode") {
  on_disk made;
  made.sql(break_checkpoint);
  const auto found = made.findings();
  REQUIRE(found.size() == 1);
  CHECK_THAT(found.front(), Contains("Notes|a: its checkpoint does not decode"));
}

TEST_CASE("verify finds a log row that does not fall into records, and says what is not checked") {
  on_disk made;
  made.sql("INSERT INTO checkpoint_log VALUES (1000, x'00ff')");
  const auto found = made.findings();
  REQUIRE(found.size() == 2);
  CHECK(found.front() == "store: checkpoint log: row 1000 does not decode");
  CHECK_THAT(found.back(), Contains("`export` the timeline and `import` it into a new one"));
  CHECK_THAT(found.back(), Contains("; the rest is not checked"));
}

TEST_CASE("a flow that cannot be loaded stops on the next event, and others go on") {
  const auto damage = GENERATE(lose_state, break_checkpoint);
  on_disk made;
  made.sql(damage);
  made.run(1);
  CHECK(made.stopped() == std::map<std::string, position>{{"Notes|a", position{2}}});
  const auto running = made.open();
  CHECK(numbers(running->read<notes>("b")->state) == list{0, 1});
}

TEST_CASE("a flow that cannot be loaded is neither tried again nor passes an event by") {
  const auto damage = GENERATE(lose_state, break_checkpoint);
  on_disk made;
  made.sql(damage);
  made.run(1);
  const auto running = made.open();
  for (const auto& refused : {running->retry(damaged), running->skip(damaged)}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::conflict);
    CHECK_THAT(refused.error().message, Contains("only a reset helps"));
  }
}

TEST_CASE("a reset mends a flow that cannot be loaded") {
  const auto damage = GENERATE(lose_state, break_checkpoint);
  on_disk made;
  made.sql(damage);
  made.run(1);
  {
    const auto running = made.open();
    REQUIRE(running->reset(damaged));
    REQUIRE(running->wait_until_caught_up(limit));
    CHECK(numbers(running->read<notes>("a")->state) == list{0, 1});
  }
  CHECK(made.findings().empty());
}
