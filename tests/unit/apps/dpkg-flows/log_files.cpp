#include "dpkg-flows/log_files.hpp"

#include <catch2/catch.hpp>

#include "support.hpp"

using namespace dpkg_flows;

namespace {

std::vector<std::string> names(const std::vector<log_file>& files) {
  std::vector<std::string> all;
  for (const auto& file : files) all.push_back(file.path.filename().string());
  return all;
}

std::vector<std::string> found(const std::vector<std::filesystem::path>& places) {
  const auto files = find_log_files(places);
  REQUIRE(files);
  return names(*files);
}

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("a directory gives its logs, oldest first, and nothing else") {
  const temporary_directory dir;
  for (const auto* name : {"dpkg.log", "dpkg.log.10.gz", "dpkg.log.1", "dpkg.log.2.gz", "syslog",
                           "dpkg.log.swp", "dpkg.log.1.2", "alternatives.log"}) {
    dir.write(name, "");
  }
  CHECK(found({dir.path()}) == list{"dpkg.log.10.gz", "dpkg.log.2.gz", "dpkg.log.1", "dpkg.log"});
}

TEST_CASE("logs that are rotated by date are put in order of their dates") {
  const temporary_directory dir;
  for (const auto* name : {"dpkg.log", "dpkg.log-20260201.gz", "dpkg.log-20251201.gz"}) {
    dir.write(name, "");
  }
  CHECK(found({dir.path()}) == list{"dpkg.log-20251201.gz", "dpkg.log-20260201.gz", "dpkg.log"});
}

TEST_CASE("files that a shell lists newest first are taken oldest first") {
  const temporary_directory dir;
  const auto live = dir.write("dpkg.log", ""), old = dir.write("dpkg.log.1", "");
  CHECK(found({live, old}) == list{"dpkg.log.1", "dpkg.log"});
}

TEST_CASE("a file that is reached twice counts once") {
  const temporary_directory dir;
  const auto live = dir.write("dpkg.log", "");
  std::filesystem::create_symlink(live, dir.path() / "dpkg.log.1");
  CHECK(found({dir.path(), live}).size() == 1);
}

TEST_CASE("while a file is being compressed the plain one counts") {
  const temporary_directory dir;
  dir.write("dpkg.log.2", "");
  dir.write("dpkg.log.2.gz", "");
  CHECK(found({dir.path()}) == list{"dpkg.log.2"});
}

TEST_CASE("a place without a log is not found, by name") {
  const temporary_directory dir;
  const auto empty = find_log_files({dir.path()});
  REQUIRE(!empty);
  CHECK(empty.error().code == millrace::errc::not_found);
  CHECK_THAT(empty.error().message, Catch::Contains(dir.path().string()));
  CHECK(!find_log_files({dir.path() / "dpkg.log"}));
}
