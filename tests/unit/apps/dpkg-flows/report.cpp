#include <catch2/catch.hpp>
#include <sstream>

#include "dpkg-flows/import_command.hpp"
#include "dpkg-flows/report_command.hpp"
#include "dpkg-flows/table.hpp"
#include "support.hpp"

using namespace dpkg_flows;

TEST_CASE("numbers are grouped by thousands") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(1234567) == "1,234,567");
}

TEST_CASE("a duration is told in its two largest units") {
  CHECK(lasting(59) == "59 s");
  CHECK(lasting(250) == "4 min 10 s");
  CHECK(lasting(7380) == "2 h 03 min");
}

TEST_CASE("a bar is a share of its width, and never empty for something") {
  CHECK(bar(1, 1000, 4) == "█");
  CHECK(bar(1000, 1000, 4) == "████");
  CHECK(bar(0, 1000, 4).empty());
  CHECK(bar(0, 0, 4).empty());
}

TEST_CASE("a spark line shows the largest highest and nothing as a dot") {
  CHECK(spark_line({0, 1, 8}) == "·▁█");
  CHECK(spark_line({0, 0}) == "··");
}

TEST_CASE("a table aligns names to the left and numbers to the right") {
  table rows{{"name", "count", "note "}};
  rows.add({"a", "1", "x"});
  rows.add({"long name", "1,000", ""});
  CHECK(rows.text() ==
        "  name       count  note\n"
        "  a              1  x\n"
        "  long name  1,000\n");
}

TEST_CASE("a report of nothing says so and is valid JSON too") {
  CHECK_THAT(report_text({}, false), Catch::Contains("Sessions") && Catch::Contains("none"));
  CHECK(report_json({}) ==
        R"({"lines":0,"packages":[],"sessions":[],"half_configured":[],"days":[]})");
}

TEST_CASE("a report shows an open session as open") {
  report_data data;
  auto& entry = data.sessions.emplace_back();
  entry.set_open(true);
  entry.mutable_session()->set_number(7);
  *entry.mutable_session()->mutable_started_at() = time_at("2026-11-22 09:00:00");
  CHECK_THAT(report_text(data, false), Catch::Contains("2026-11-22 09:00:00      open"));
}

TEST_CASE("an import without places reads the machine's own log") {
  const auto request = parse_import({});
  REQUIRE(request);
  CHECK(request->places == std::vector<std::filesystem::path>{"/var/log"});
}

TEST_CASE("an import takes options anywhere, and after -- only paths") {
  const auto request = parse_import({"a", "--skip-bad", "b", "--", "--follow"});
  REQUIRE(request);
  CHECK(request->skip_bad);
  CHECK(!request->follow);
  CHECK(request->places == std::vector<std::filesystem::path>{"a", "b", "--follow"});
}

TEST_CASE("an import refuses options that there are not") {
  const auto request = parse_import({"--folow"});
  REQUIRE(!request);
  CHECK_THAT(request.error().message, Catch::Contains("--folow"));
}

namespace {

millrace::result<millrace::application::store_use> needed(
    const std::vector<std::string>& arguments, const std::filesystem::path& directory = {}) {
  std::istringstream in;
  std::ostringstream text;
  return store_for_import({.arguments = arguments,
                           .directory = directory,
                           .in = in,
                           .out = text,
                           .err = text,
                           .ends = [] { return false; }});
}

}  // namespace

TEST_CASE("an import says what it needs of the store before that is made") {
  using use = millrace::application::store_use;
  using millrace::errc;
  const temporary_directory place;
  const auto log = place.write("dpkg.log", "2026-01-05 07:00:00 startup archives unpack\n");
  const auto broken = place.write("broken.log", "no line of a log\n");
  CHECK(*needed({log.string()}) == use::appends);
  CHECK(*needed({log.string(), "--follow"}) == use::runs);
  CHECK(needed({"--folow"}).error().code == errc::invalid);
  CHECK(needed({broken.string()}).error().code == errc::undecodable);
  CHECK(needed({broken.string(), "--skip-bad"}).has_value());
  CHECK(needed({"broken.log", "--skip-bad"}, place.path()).has_value());
  CHECK(needed({"/nowhere/dpkg.log"}, place.path()).error().code == errc::not_found);
}
