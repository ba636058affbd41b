#include "scans/scan_progress.hpp"

#include <catch2/catch.hpp>

#include "millrace/flow_test.hpp"
#include "support.hpp"

using namespace scans;
using namespace std::chrono_literals;

namespace {

ScanTimedOut timed_out() {
  ScanTimedOut made;
  made.set_scan_id("S1");
  made.set_user("ajohnston");
  return made;
}

ScanCompleted completed() {
  ScanCompleted made;
  made.set_scan_id("S1");
  made.set_user("ajohnston");
  made.set_images(2);
  *made.mutable_completed_at() = on_monday(8, 1);
  return made;
}

}  // namespace

TEST_CASE("a registered scan has a time limit") {
  millrace::flow_test<scan_progress>{}
      .when(registered("S1"))
      .then_after(30min, timed_out())
      .then_nothing_else();
}

TEST_CASE("the time limit is a setting") {
  millrace::flow_test<scan_progress> test{millrace::duration{5s}};
  test.when(registered("S1")).then_after(5s, timed_out());
}

TEST_CASE("the last image completes the scan and ends it, and so its timer") {
  millrace::flow_test<scan_progress>{}
      .given(registered("S1"))
      .given(detected("S1", "1"))
      .when(detected("S1", "2"))
      .then(completed())
      .then_done()
      .then_nothing_else();
}

TEST_CASE("an image before the last completes nothing") {
  millrace::flow_test<scan_progress>{}
      .given(registered("S1"))
      .when(detected("S1", "1"))
      .then_nothing_else();
}

TEST_CASE("a scan whose time is over ends without being complete") {
  millrace::flow_test<scan_progress>{}
      .given(registered("S1"))
      .when(timed_out())
      .then_done()
      .then_nothing_else();
}

TEST_CASE("an image reaches only a scan that lives") {
  CHECK(!scan_progress::route(detected("S1", "1")).targets()[0].starts);
  CHECK(scan_progress::route(registered("S1")).targets()[0].starts);
}
