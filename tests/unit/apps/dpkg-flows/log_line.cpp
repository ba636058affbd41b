#include "dpkg-flows/log_line.hpp"

#include <catch2/catch.hpp>

#include "dpkg-flows/logged_time.hpp"

using namespace dpkg_flows;

namespace {

std::string complaint(std::string_view text) {
  const auto line = parse_line(text);
  return line ? "" : line.error().message;
}

const std::string at = "2026-11-22 12:42:01 ";

}  // namespace

TEST_CASE("an upgrade names the package, its architecture and both versions") {
  const auto line = parse_line(at + "upgrade libc6:amd64 2.36-9 2.36-9+deb12u10");
  REQUIRE(line);
  const auto& action = std::get<PackageActionTaken>(*line);
  CHECK(action.action() == UPGRADE);
  CHECK(action.package() == "libc6");
  CHECK(action.architecture() == "amd64");
  CHECK(action.old_version() == "2.36-9");
  CHECK(action.new_version() == "2.36-9+deb12u10");
  CHECK(to_text(action.logged_at()) == "2026-11-22 12:42:01");
}

TEST_CASE("a version of <none> is empty") {
  const auto line = parse_line(at + "install zlib1g:amd64 <none> 1:1.2.13");
  REQUIRE(line);
  CHECK(std::get<PackageActionTaken>(*line).old_version().empty());
}

TEST_CASE("a package without an architecture, as in old logs, keeps its name") {
  const auto line = parse_line(at + "status installed sed 4.9-1");
  REQUIRE(line);
  CHECK(full_name(std::get<PackageStatusChanged>(*line)) == "sed");
}

TEST_CASE("the path of a conffile may hold spaces and any letters") {
  const auto line = parse_line(at + "conffile /etc/my app/größe.conf keep");
  REQUIRE(line);
  CHECK(std::get<ConffileDecided>(*line).path() == "/etc/my app/größe.conf");
  CHECK(std::get<ConffileDecided>(*line).decision() == "keep");
}

TEST_CASE("every line that is accepted is written back byte for byte") {
  const std::string text =
      at + GENERATE(as<std::string>{}, "startup archives unpack", "startup packages configure",
                    "install libc6:amd64 <none> 2.36-9", "upgrade sed 4.8-1 4.9-1",
                    "configure gcc-12-base:amd64 12.2.0-14 <none>",
                    "trigproc man-db:amd64 2.11.2-2 <none>",
                    "remove libc++-dev:amd64 1:14.0-55.7~deb12u1 <none>",
                    "purge exim4:all 4.96-15 <none>", "disappear old-name:all 1 <none>",
                    "status not-installed x11-common:all <none>",
                    "status triggers-pending libc-bin:amd64 2.36-9+deb12u10",
                    "conffile /etc/ssh/sshd_config install");
  const auto line = parse_line(text);
  REQUIRE(line);
  CHECK(to_text(*line) == text);
}

TEST_CASE("a time that does not exist is refused") {
  const std::string when =
      GENERATE(as<std::string>{}, "2026-02-30 12:00:00", "2026-13-01 12:00:00",
               "2026-01-01 24:00:00", "2026-01-01 12:60:00", "2026-01-01T12:00:00",
               "2026-1-01 12:00:000", "0000-01-01 00:00:00", "-026-01-01 00:00:00");
  CHECK_THAT(complaint(when + " startup archives unpack"), Catch::Contains("begin with a time"));
}

TEST_CASE("the 29th of February exists in a leap year only") {
  CHECK(complaint("2024-02-29 00:00:00 startup archives unpack").empty());
  CHECK(!complaint("2025-02-29 00:00:00 startup archives unpack").empty());
}

TEST_CASE("a line that is cut anywhere before its last word is refused") {
  const std::string text = at + "upgrade libc6:amd64 2.36-9 2.36-10";
  const auto last_word = text.rfind(' ') + 1;
  for (std::size_t size = 0; size <= last_word; ++size) {
    INFO(text.substr(0, size));
    CHECK(!complaint(text.substr(0, size)).empty());
  }
}

TEST_CASE("a hostile line is refused with a reason") {
  const std::string tail = GENERATE(
      as<std::string>{}, "", " ", "explode libc6:amd64 1 2", "upgrade libc6:amd64 1 2 3",
      "upgrade libc6:amd64  1 2", "upgrade libc6:amd64 1 2 ", "upgrade libc6: 1 2",
      "upgrade :amd64 1 2", "upgrade a|b:amd64 1 2", "upgrade ../../etc:amd64 1 2",
      "upgrade libc6:am:d64 1 2", "status sleeping libc6:amd64 1", "status installed libc6:amd64",
      "startup", "startup archives", "startup a b c", "conffile", "conffile ", "conffile keep",
      "conffile etc/x keep", "conffile /etc/x burn", "install \x1b[31mred:amd64 1 2",
      "install libc6:amd64 1 \xff", "install libc6:amd64 1 2\r");
  CHECK(!complaint(at + tail).empty());
}

TEST_CASE("broken UTF-8 is refused, for no event could hold it") {
  const std::string path = GENERATE(as<std::string>{}, "/etc/\xc0\xaf", "/etc/\xed\xa0\x80",
                                    "/etc/\xf5\x80\x80\x80", "/etc/\xe2\x82", "/etc/\x80");
  CHECK_THAT(complaint(at + "conffile " + path + " keep"), Catch::Contains("UTF-8"));
}

TEST_CASE("a line longer than the limit is refused whatever it says") {
  const std::string path(line_size_max, 'x');
  CHECK_THAT(complaint(at + "conffile /" + path + " keep"), Catch::Contains("longer than"));
}

TEST_CASE("a NUL byte in a line is refused") {
  CHECK(!complaint(at + std::string{"install libc6\0:amd64 1 2", 24}).empty());
}

TEST_CASE("the hour and the day of a line are those that it shows") {
  const auto time = parse_logged_time("2026-11-22 23:59:59");
  REQUIRE(time);
  CHECK(day_of(*time) == "2026-11-22");
  CHECK(hour_of(*time) == 23);
}
