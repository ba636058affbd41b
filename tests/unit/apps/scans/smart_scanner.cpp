#include "scans/smart_scanner.hpp"

#include <catch2/catch.hpp>

#include "millrace/flow_test.hpp"
#include "support.hpp"

using namespace scans;

TEST_CASE("each valid entry of a registry is registered, in order") {
  millrace::flow_test<smart_scanner>{}
      .when(registry({entry("S1"), entry("S2")}))
      .then(registered("S1"))
      .then(registered("S2"))
      .then_nothing_else();
}

TEST_CASE("entries without an id, a user, a path or images are passed by") {
  auto no_id = entry("S1"), no_user = entry("S2"), no_path = entry("S3"), no_images = entry("S4");
  auto huge = entry("S5");
  no_id.clear_scan_id();
  no_user.clear_user();
  no_path.clear_path();
  no_images.set_images(0);
  huge.set_images(smart_scanner::images_max + 1);
  millrace::flow_test<smart_scanner> test;
  test.when(registry({no_id, no_user, no_path, no_images, huge})).then_nothing_else();
  CHECK(test.state().entries() == 5);
}

TEST_CASE("a scan that is listed twice is registered once") {
  millrace::flow_test<smart_scanner>{}
      .when(registry({entry("S1"), entry("S1")}))
      .then(registered("S1"))
      .then_nothing_else();
}

TEST_CASE("a scan that is open is not registered again, not even by the next registry at once") {
  millrace::flow_test<smart_scanner> test;
  test.when(registry({entry("S1")})).then(registered("S1"));
  test.when(registry({entry("S1")})).then_nothing_else();
}

TEST_CASE("a scan that is complete can be registered again") {
  ScanCompleted complete;
  complete.set_scan_id("S1");
  millrace::flow_test<smart_scanner>{}
      .given(registered("S1"))
      .given(complete)
      .when(registry({entry("S1")}))
      .then(registered("S1"));
}

TEST_CASE("a file of an open scan is a new image of its user, with its whole path") {
  millrace::flow_test<smart_scanner>{}
      .given(registered("S1"))
      .when(written("S1", "0001.tif"))
      .then(detected("S1", "0001.tif"))
      .then_nothing_else();
}

TEST_CASE("a file of no open scan is counted as a stray") {
  millrace::flow_test<smart_scanner> test;
  test.when(written("S9", "0001.tif")).then_nothing_else();
  CHECK(test.state().strays() == 1);
  CHECK(test.state().images() == 0);
}
