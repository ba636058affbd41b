#include "dpkg-flows/import_plan.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "dpkg-flows/import_ledger.hpp"
#include "dpkg-flows/log_line.hpp"
#include "dpkg-flows/logged_time.hpp"

using namespace dpkg_flows;

namespace {

using lines = std::vector<std::string>;

std::string day_in(const std::string& line) { return line.substr(0, 10); }

/// A timeline of lines with its ledger, as the importer keeps them.
struct recorded_log {
  lines timeline;
  ImportLedgerState ledger;

  void append(const std::string& text) {
    const auto line = parse_line(text);
    REQUIRE(line);
    record(ledger, *line, millrace::position{timeline.size()});
    timeline.push_back(text);
  }

  /// Imports these files' lines; dies after `appends_max` of them. Returns what was appended.
  lines import(const lines& log, std::size_t appends_max = SIZE_MAX) {
    import_plan plan{ledger};
    for (const auto& line : log) plan.survey(day_in(line), digest_of(line));
    for (const auto& range : plan.unsettled()) {
      for (auto at = range.first.value; at <= range.last.value; ++at) {
        const auto& line = timeline[at];
        if (day_in(line) == range.day) plan.recorded(range.day, digest_of(line));
      }
    }
    lines appended;
    for (const auto& line : log) {
      if (!plan.is_new(day_in(line), digest_of(line))) continue;
      if (appended.size() == appends_max) break;
      append(line);
      appended.push_back(line);
    }
    return appended;
  }
};

std::string on(const std::string& time, const std::string& package) {
  return time + " install " + package + ":amd64 <none> 1";
}

const lines monday = {on("2026-01-05 09:00:00", "a"), on("2026-01-05 09:00:00", "b"),
                      on("2026-01-05 09:00:00", "a"), on("2026-01-05 09:00:07", "c")};
const lines tuesday = {on("2026-01-06 10:00:00", "a"), on("2026-01-06 10:00:00", "a"),
                       on("2026-01-06 10:00:01", "d")};

lines operator+(lines a, const lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

lines sorted(lines all) {
  std::sort(all.begin(), all.end());
  return all;
}

lines part(const lines& all, std::size_t from, std::size_t to) {
  return {all.begin() + static_cast<std::ptrdiff_t>(from),
          all.begin() + static_cast<std::ptrdiff_t>(to)};
}

}  // namespace

TEST_CASE("the first import appends all lines in order, equal ones too") {
  recorded_log log;
  CHECK(log.import(monday + tuesday) == monday + tuesday);
}

TEST_CASE("a second import of the same lines appends nothing") {
  recorded_log log;
  log.import(monday + tuesday);
  CHECK(log.import(monday + tuesday).empty());
}

TEST_CASE("a log that grew adds its new lines only, also equal ones of the same second") {
  recorded_log log;
  log.import(monday + part(tuesday, 0, 1));
  CHECK(log.import(monday + tuesday) == part(tuesday, 1, 3));
}

TEST_CASE("an import that died anywhere is finished by the next one") {
  const auto all = monday + tuesday;
  for (std::size_t died = 0; died <= all.size(); ++died) {
    recorded_log log;
    log.import(all, died);
    log.import(all);
    INFO("died after " << died << " lines");
    CHECK(log.timeline == all);
  }
}

TEST_CASE("a log whose older file is gone adds nothing twice") {
  recorded_log log;
  log.import(monday + tuesday);
  CHECK(log.import(part(monday, 2, 4) + tuesday).empty());
}

TEST_CASE("a day whose beginning is gone and which grew adds what is new") {
  recorded_log log;
  log.import(part(monday, 0, 3));
  CHECK(log.import(part(monday, 1, 4)) == part(monday, 3, 4));
}

TEST_CASE("files that are imported newest first end up with every line once") {
  recorded_log log;
  log.import(part(monday, 3, 4) + tuesday);
  CHECK(log.import(monday + tuesday) == part(monday, 0, 3));
  CHECK(log.import(monday + tuesday).empty());
  CHECK(sorted(log.timeline) == sorted(monday + tuesday));
}

TEST_CASE("a clock that is set back within a day or to the day before confuses nothing") {
  const lines back = {on("2026-01-06 00:00:01", "a"), on("2026-01-05 23:59:58", "b"),
                      on("2026-01-06 00:00:01", "a"), on("2026-01-06 00:00:00", "c")};
  const auto all = monday + back;
  for (std::size_t known = 0; known <= all.size(); ++known) {
    recorded_log log;
    log.import(part(all, 0, known));
    log.import(all);
    CHECK(log.timeline == all);
  }
}

TEST_CASE("a line that a person skipped as bad and repaired later is added alone") {
  recorded_log log;
  log.import(part(monday, 0, 1) + part(monday, 2, 4));
  CHECK(log.import(monday) == part(monday, 1, 2));
}

TEST_CASE("growth, deaths and lost files in any order lose and double no line") {
  const auto all = part(monday, 1, 4) + part(tuesday, 1, 3);  // no two of them equal
  for (std::size_t first_end = 1; first_end <= all.size(); ++first_end) {
    for (std::size_t second_begin = 0; second_begin <= first_end; ++second_begin) {
      recorded_log log;
      log.import(part(all, 0, first_end), first_end / 2);
      log.import(part(all, 0, first_end));
      log.import(part(all, second_begin, all.size()));
      INFO("first " << first_end << ", second from " << second_begin);
      CHECK(log.timeline == all);
    }
  }
}

TEST_CASE("the ledger is the same for all orders of the same lines of a day") {
  recorded_log one, other;
  one.import(monday);
  other.import(part(monday, 2, 4));
  other.import(monday);
  CHECK(one.ledger.days().at("2026-01-05").digest() ==
        other.ledger.days().at("2026-01-05").digest());
}

TEST_CASE("the ledger knows the latest line and forgets completeness with the next") {
  recorded_log log;
  log.import(tuesday + monday);
  CHECK(to_text(log.ledger.logged_until()) == "2026-01-06 10:00:01");
  record(log.ledger, LogImported{}, millrace::position{7});
  CHECK(log.ledger.complete());
  log.append(monday[0]);
  CHECK(!log.ledger.complete());
}

TEST_CASE("the digest of a line is durable") {
  CHECK(digest_of("2026-11-22 12:42:01 startup archives unpack") == 0xb0d35c4d2a3f6f13u);
}
