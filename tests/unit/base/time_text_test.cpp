#include "base/time_text.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace millrace;
using namespace std::chrono_literals;

namespace {

timestamp on(int year, unsigned month, unsigned day, duration of_day = {}) {
  return std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} /
                               std::chrono::day{day}} +
         of_day;
}

}  // namespace

TEST_CASE("a time is written with six digits of a second, in UTC") {
  CHECK(to_text(timestamp{}) == "1970-01-01T00:00:00.000000Z");
  CHECK(to_text(on(2025, 1, 31, 9h + 15min + 250ms)) == "2025-01-31T09:15:00.250000Z");
  CHECK(to_text(on(2024, 2, 29, 24h - 1us)) == "2024-02-29T23:59:59.999999Z");
}

TEST_CASE("a time before the epoch is written as such") {
  CHECK(to_text(timestamp{-1us}) == "1969-12-31T23:59:59.999999Z");
  CHECK(to_text(on(1, 1, 1)) == "0001-01-01T00:00:00.000000Z");
}

TEST_CASE("what is written is read again to the microsecond") {
  for (const auto time : {timestamp{}, timestamp{-1us}, on(1600, 2, 29, 1us),
                          on(2026, 11, 22, 14h + 51min + 27s + 123456us), on(9999, 12, 31, 23h)}) {
    CAPTURE(to_text(time));
    CHECK(parse_time(to_text(time)) == time);
  }
}

TEST_CASE("a fraction may be absent, short, or long, and is cut after microseconds") {
  const auto second = on(2025, 1, 31, 9h + 15min + 1s);
  CHECK(parse_time("2025-01-31T09:15:01Z") == second);
  CHECK(parse_time("2025-01-31T09:15:01.5Z") == second + 500ms);
  CHECK(parse_time("2025-01-31T09:15:01.000001Z") == second + 1us);
  CHECK(parse_time("2025-01-31T09:15:01.9999999999999999999999Z") == second + 999999us);
}

TEST_CASE("an offset is taken off, with and without a colon") {
  const auto noon = on(2025, 1, 31, 12h);
  CHECK(parse_time("2025-01-31T13:30:00+01:30") == noon);
  CHECK(parse_time("2025-01-31T13:30:00+0130") == noon);
  CHECK(parse_time("2025-01-31T02:15:00.0-0945") == noon);
  CHECK(parse_time("2025-02-01T00:00:00+12:00") == noon);
  CHECK(parse_time("2025-01-31 12:00:00-00:00") == noon);
}

TEST_CASE("a day that the calendar has not is no time") {
  CHECK(parse_time("2024-02-29T00:00:00Z"));
  for (const auto* text :
       {"2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2025-04-31T00:00:00Z",
        "2025-13-01T00:00:00Z", "2025-00-01T00:00:00Z", "2025-01-00T00:00:00Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("an hour, minute or second over its bound is no time") {
  for (const auto* text : {"2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z", "2025-01-01T00:00:60Z",
                           "2025-01-01T00:00:00+24:00", "2025-01-01T00:00:00+00:60"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("text that only begins like a time, or lacks a part, is none") {
  for (const auto* text :
       {"", "2025", "2025-01-01", "2025-01-01T00:00Z", "2025-01-01T00:00:00",
        " 2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z ", "2025-01-01T00:00:00.Z",
        "2025-1-1T00:00:00Z", "25-01-01T00:00:00Z", "2025-01-01t00:00:00Z", "2025-01-01T00:00:00z",
        "2025-01-01T00:00:00+01", "2025-01-01T00:00:00+1:00", "2025-01-01T00:00:00+01:00Z",
        "2025-01-01T-1:00:00Z", "+025-01-01T00:00:00Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
}
