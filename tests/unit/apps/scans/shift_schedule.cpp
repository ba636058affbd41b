#include "scans/shift_schedule.hpp"

#include <catch2/catch.hpp>

#include "millrace/flow_test.hpp"
#include "scans/shop_time.hpp"
#include "support.hpp"

using namespace scans;

namespace {

NewImageDetected image_at(std::int64_t hour, std::int64_t minute) {
  return detected("S1", "x", on_monday(hour, minute));
}

TimeOffTask off(TimeOff kind, const shop_time& from, const shop_time& until) {
  TimeOffTask made;
  made.set_user("ajohnston");
  made.set_kind(kind);
  *made.mutable_from() = from;
  *made.mutable_until() = until;
  return made;
}

}  // namespace

TEST_CASE("the first image of a user is no end of a pause") {
  millrace::flow_test<shift_schedule>{}.when(image_at(8, 0)).then_nothing_else();
}

TEST_CASE("a pause of less than five minutes is work") {
  millrace::flow_test<shift_schedule>{}
      .given(image_at(8, 0))
      .when(image_at(8, 4))
      .then_nothing_else();
}

TEST_CASE("a pause of five minutes is a break") {
  millrace::flow_test<shift_schedule>{}
      .given(image_at(8, 0))
      .when(image_at(8, 5))
      .then(off(BREAK, on_monday(8, 0), on_monday(8, 5)))
      .then_nothing_else();
}

TEST_CASE("the first long pause around midday is lunch, the second a break") {
  millrace::flow_test<shift_schedule> test;
  test.given(image_at(11, 45))
      .when(image_at(12, 30))
      .then(off(LUNCH, on_monday(11, 45), on_monday(12, 30)));
  test.when(image_at(13, 10)).then(off(BREAK, on_monday(12, 30), on_monday(13, 10)));
}

TEST_CASE("the next day has a lunch of its own") {
  millrace::flow_test<shift_schedule> test;
  test.given(image_at(12, 0)).given(off(LUNCH, on_monday(12, 0), on_monday(12, 30)));
  test.given(image_at(36, 0));
  test.when(image_at(36, 30)).then(off(LUNCH, on_monday(36, 0), on_monday(36, 30)));
}

TEST_CASE("a pause over midnight ends the shift") {
  millrace::flow_test<shift_schedule>{}
      .given(image_at(16, 0))
      .when(image_at(32, 0))
      .then(off(SHIFT_END, on_monday(16, 0), on_monday(32, 0)));
}

TEST_CASE("an image older than the last one changes nothing") {
  millrace::flow_test<shift_schedule> test;
  test.given(image_at(8, 0)).given(image_at(8, 3));
  test.when(image_at(7, 0)).then_nothing_else();
  test.when(image_at(8, 5)).then_nothing_else();
}

TEST_CASE("two users are never confused") {
  auto other = image_at(9, 0);
  other.set_user("bwatts");
  millrace::flow_test<shift_schedule>{}.given(image_at(8, 0)).when(other).then_nothing_else();
}

TEST_CASE("what a pause is depends on when it begins and how long it lasts") {
  CHECK(classify_pause(on_monday(10, 59), on_monday(11, 40), false) == BREAK);
  CHECK(classify_pause(on_monday(11, 0), on_monday(11, 25), false) == LUNCH);
  CHECK(classify_pause(on_monday(11, 0), on_monday(11, 24), false) == BREAK);
  CHECK(classify_pause(on_monday(12, 0), on_monday(13, 36), false) == BREAK);
  CHECK(classify_pause(on_monday(14, 0), on_monday(14, 30), false) == BREAK);
  CHECK(classify_pause(on_monday(12, 0), on_monday(16, 0), false) == SHIFT_END);
}
