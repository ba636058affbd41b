#include <catch2/catch.hpp>

#include "millrace/flow_test.hpp"
#include "scans/client_classifier.hpp"
#include "scans/client_image_list.hpp"
#include "scans/scan_activity.hpp"
#include "scans/time_on_task.hpp"
#include "support.hpp"

using namespace scans;

TEST_CASE("a user's activity counts images by open scan until that is complete") {
  ScanCompleted complete;
  complete.set_scan_id("S1");
  complete.set_user("ajohnston");
  millrace::flow_test<scan_activity> test;
  test.given(registered("S1")).given(registered("S2")).given(detected("S1", "1"));
  CHECK(test.state().open().at("S1") == 1);
  CHECK(test.state().open().at("S2") == 0);
  test.given(complete);
  CHECK(test.state().open().size() == 1);
  CHECK(test.state().completed() == 1);
  CHECK(test.state().images() == 1);
}

TEST_CASE("a scan that timed out is not open any more") {
  ScanTimedOut over;
  over.set_scan_id("S1");
  over.set_user("ajohnston");
  millrace::flow_test<scan_activity> test;
  test.given(registered("S1")).given(over);
  CHECK(test.state().open().empty());
  CHECK(test.state().timed_out() == 1);
}

TEST_CASE("time on task is the day from first to last image without breaks and lunch") {
  TimeOffTask lunch;
  lunch.set_user("ajohnston");
  lunch.set_kind(LUNCH);
  *lunch.mutable_from() = on_monday(12, 0);
  *lunch.mutable_until() = on_monday(12, 30);
  millrace::flow_test<time_on_task> test;
  test.given(detected("S1", "1", on_monday(8, 0))).given(detected("S1", "2", on_monday(12, 0)));
  test.given(detected("S1", "3", on_monday(12, 30))).given(lunch);
  const auto& day = test.state().days().at("2026-01-05");
  CHECK(day.lunches() == 1);
  CHECK(seconds_on_task(day) == 4 * 3600);
}

TEST_CASE("the night is not time off") {
  TimeOffTask night;
  night.set_user("ajohnston");
  night.set_kind(SHIFT_END);
  *night.mutable_from() = on_monday(16, 0);
  *night.mutable_until() = on_monday(32, 0);
  millrace::flow_test<time_on_task> test;
  test.given(detected("S1", "1", on_monday(16, 0))).given(night);
  CHECK(test.state().days().at("2026-01-05").off_seconds() == 0);
}

TEST_CASE("time on task remembers 62 days") {
  millrace::flow_test<time_on_task> test;
  for (int day = 0; day < 70; ++day) test.given(detected("S1", "x", on_monday(24 * day + 8, 0)));
  CHECK(test.state().days().size() == 62);
  CHECK(!test.state().days().contains("2026-01-05"));
}

TEST_CASE("the client is in the folder's name, before its first underscore") {
  CHECK(client_of("/scans/nwmed_2026/box-0001/S1/0001.tif") == "Northwest Medical");
  CHECK(client_of("/scans/nwmed/S1") == "Northwest Medical");
  CHECK(client_of("/scans/nwmed2/S1").empty());
  CHECK(client_of("/scans/nwmed_2026").empty());
  CHECK(client_of("/other/nwmed_2026/S1").empty());
  CHECK(client_of("").empty());
}

TEST_CASE("an image of a known client is identified, others are counted") {
  ClientIdentified found;
  found.set_client("Northwest Medical");
  found.set_scan_id("S1");
  found.set_user("ajohnston");
  found.set_path("/scans/nwmed_2026/S1/1");
  *found.mutable_detected_at() = on_monday(8, 1);
  auto stranger = detected("S1", "2");
  stranger.set_path("/scans/misc_2026/S1/2");
  millrace::flow_test<client_classifier> test;
  test.when(detected("S1", "1")).then(found).then_nothing_else();
  test.when(stranger).then_nothing_else();
  CHECK(test.state().identified() == 1);
  CHECK(test.state().unknown() == 1);
}

TEST_CASE("a client's list keeps the latest images and counts all of them by user") {
  millrace::flow_test<client_image_list> test;
  for (int i = 0; i < 60; ++i) {
    ClientIdentified found;
    found.set_client("Northwest Medical");
    found.set_user(i % 2 == 0 ? "ajohnston" : "bwatts");
    found.set_path(std::to_string(i));
    test.given(found);
  }
  CHECK(test.state().images() == 60);
  CHECK(test.state().by_user().at("bwatts") == 30);
  CHECK(test.state().latest_size() == 50);
  CHECK(test.state().latest(0).path() == "10");
}
