#include "dpkg-flows/importer.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "dpkg-flows/dpkg_flows.hpp"
#include "support.hpp"

using namespace dpkg_flows;
using namespace std::chrono_literals;

namespace {

/// A host over a store in a directory, closed and opened again at will.
class open_store {
 public:
  explicit open_store(const std::filesystem::path& path, bool run_flows = false)
      : host_({.store = path, .strict = true, .run_flows = run_flows, .worker_threads = 1}) {
    add_dpkg_flows(host_);
    REQUIRE(host_.open());
  }
  [[nodiscard]] millrace::host& host() { return host_; }

  import_outcome import(const std::filesystem::path& logs, bool skip_bad = false) {
    importer imports{host_};
    auto outcome = imports.import(files_in(logs), {.skip_bad = skip_bad});
    REQUIRE(outcome);
    return *outcome;
  }

  static std::vector<log_file> files_in(const std::filesystem::path& logs) {
    auto files = find_log_files({logs});
    REQUIRE(files);
    return *files;
  }

 private:
  millrace::host host_;
};

std::string lines(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) {
    text += fmt::format("2026-01-05 {:02}:{:02}:00 upgrade sed:amd64 {} {}\n", i / 60 % 24, i % 60,
                        i / 2, i / 2 + 1);
  }
  return text;
}

}  // namespace

TEST_CASE("an import brings each line once, however often it is run and whether flows run") {
  const bool run_flows = GENERATE(false, true);
  const temporary_directory logs, store;
  logs.write("dpkg.log", lines(0, 10));
  open_store open{store.path() / "s", run_flows};
  CHECK(open.import(logs.path()).appended == 10);
  CHECK(open.import(logs.path()).appended == 0);
  CHECK(open.host().tail().value >= 11);
}

TEST_CASE("what an earlier process imported is known after a restart, folded or not") {
  const bool run_flows = GENERATE(false, true);
  const temporary_directory logs, store;
  logs.write("dpkg.log", lines(0, 10));
  {
    open_store open{store.path() / "s", run_flows};
    CHECK(open.import(logs.path()).appended == 10);
  }
  logs.write("dpkg.log", lines(0, 15));
  open_store again{store.path() / "s", run_flows};
  CHECK(again.import(logs.path()).appended == 5);
}

TEST_CASE("a log that is rotated, compressed and goes on adds only what is new") {
  const temporary_directory logs, store;
  open_store open{store.path() / "s"};
  logs.write("dpkg.log", lines(0, 10));
  open.import(logs.path());
  logs.write_packed("dpkg.log.2.gz", lines(0, 6));
  logs.write("dpkg.log.1", lines(6, 12));
  logs.write("dpkg.log", lines(12, 20));
  CHECK(open.import(logs.path()).appended == 10);
  std::filesystem::remove(logs.path() / "dpkg.log.2.gz");
  CHECK(open.import(logs.path()).appended == 0);
}

TEST_CASE("a part of a line at the end waits until it is whole") {
  const temporary_directory logs, store;
  open_store open{store.path() / "s"};
  const auto text = lines(0, 3);
  logs.write("dpkg.log", text.substr(0, text.size() - 4));
  const auto first = open.import(logs.path());
  CHECK(first.appended == 2);
  CHECK(first.cut.size() == 1);
  logs.write("dpkg.log", text);
  CHECK(open.import(logs.path()).appended == 1);
}

TEST_CASE("a bad line is named by file and number, and nothing is appended") {
  const temporary_directory logs, store;
  open_store open{store.path() / "s"};
  logs.write("dpkg.log", lines(0, 5000) + "what is this?\n");
  importer imports{open.host()};
  const auto failed = imports.import(open_store::files_in(logs.path()), {});
  REQUIRE(!failed);
  CHECK(failed.error().code == millrace::errc::invalid);
  CHECK_THAT(failed.error().message, Catch::Contains("dpkg.log:5001:"));
  CHECK(imports.appended() == 0);
  CHECK(open.host().tail().value == 0);
}

TEST_CASE("bad lines that are skipped are counted and listed, each time") {
  const temporary_directory logs, store;
  open_store open{store.path() / "s"};
  logs.write("dpkg.log", "bad\n" + lines(0, 2) + "worse\n");
  CHECK(open.import(logs.path(), true).appended == 2);
  const auto again = open.import(logs.path(), true);
  CHECK(again.appended == 0);
  CHECK(again.bad == 2);
  REQUIRE(again.problems.size() == 2);
  CHECK_THAT(again.problems[1].where, Catch::EndsWith("dpkg.log:4"));
}

TEST_CASE("an importer whose picture is out of date appends nothing, and is right the next time") {
  const temporary_directory logs, store;
  open_store open{store.path() / "s"};
  importer slow{open.host()};
  logs.write("dpkg.log", lines(0, 5));
  REQUIRE(slow.import(open_store::files_in(logs.path()), {}));
  logs.write("dpkg.log", lines(0, 8));
  CHECK(open.import(logs.path()).appended == 3);
  const auto files = open_store::files_in(logs.path());
  const auto failed = slow.import(files, {});
  REQUIRE(!failed);
  CHECK(failed.error().code == millrace::errc::conflict);
  CHECK(slow.appended() == 0);
  const auto again = slow.import(files, {});
  REQUIRE(again);
  CHECK(again->appended == 0);
}

TEST_CASE("an import that was cut off before its end says the end the next time") {
  const temporary_directory logs, store;
  open_store open{store.path() / "s"};
  logs.write("dpkg.log", lines(0, 3));
  const auto line = parse_line(lines(0, 1).substr(0, lines(0, 1).size() - 1));
  REQUIRE(line);
  REQUIRE(open.host().append(to_event(*line)).get());
  CHECK(open.import(logs.path()).appended == 2);
  CHECK(open.host().tail().value == 4);
  CHECK(open.import(logs.path()).appended == 0);
  CHECK(open.host().tail().value == 4);
}

TEST_CASE("an old log's last session is ended by its timer, at once") {
  const temporary_directory logs, store;
  logs.write("dpkg.log", lines(0, 3) + lines(20, 23));
  open_store open{store.path() / "s", true};
  open.import(logs.path());
  REQUIRE(open.host().wait_until_caught_up(30s));
  const auto sessions = open.host().read<session_list>();
  REQUIRE(sessions);
  REQUIRE(sessions->state.sessions().size() == 2);
  CHECK(!sessions->state.sessions().at(2).open());
  CHECK(sessions->state.sessions().at(2).session().counts().lines() == 3);
}
