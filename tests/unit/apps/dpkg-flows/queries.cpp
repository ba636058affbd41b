#include <catch2/catch.hpp>

#include "dpkg-flows/daily_activity.hpp"
#include "dpkg-flows/half_configured.hpp"
#include "dpkg-flows/package_history.hpp"
#include "dpkg-flows/session_list.hpp"
#include "millrace/flow_test.hpp"
#include "support.hpp"

using namespace dpkg_flows;

namespace {

PackageActionTaken action(const std::string& rest) {
  return line_as<PackageActionTaken>("2026-11-22 09:00:00 " + rest);
}
PackageStatusChanged status(const std::string& rest) {
  return line_as<PackageStatusChanged>("2026-11-22 09:00:00 status " + rest);
}

}  // namespace

TEST_CASE("a package's history knows its version and counts its upgrades") {
  millrace::flow_test<package_history> test;
  test.given(action("install sed:amd64 <none> 1"))
      .given(action("configure sed:amd64 1 <none>"))
      .given(action("upgrade sed:amd64 1 2"))
      .given(status("installed sed:amd64 2"));
  CHECK(test.state().package() == "sed:amd64");
  CHECK(test.state().version() == "2");
  CHECK(test.state().upgrades() == 1);
  CHECK(test.state().changes_size() == 2);
  CHECK(test.state().status() == INSTALLED);
}

TEST_CASE("a removed package has no version and remembers which one went") {
  millrace::flow_test<package_history> test;
  test.given(action("install sed:amd64 <none> 1")).given(action("remove sed:amd64 1 <none>"));
  CHECK(test.state().version().empty());
  CHECK(test.state().changes(1).version() == "1");
}

TEST_CASE("a history forgets its oldest changes, and how many") {
  millrace::flow_test<package_history> test;
  for (int i = 0; i < 105; ++i) {
    test.given(action("upgrade sed:amd64 " + std::to_string(i) + ' ' + std::to_string(i + 1)));
  }
  CHECK(test.state().changes_size() == 100);
  CHECK(test.state().changes_forgotten() == 5);
  CHECK(test.state().changes(0).version() == "6");
  CHECK(test.state().upgrades() == 105);
}

TEST_CASE("a history is that of a package of one architecture") {
  CHECK(package_history::route(action("upgrade libc6:i386 1 2")).targets()[0].id == "libc6:i386");
}

TEST_CASE("a status reaches only packages that are known by an action") {
  CHECK(package_history::route(action("upgrade sed:amd64 1 2")).targets()[0].starts);
  CHECK(!package_history::route(status("installed sed:amd64 2")).targets()[0].starts);
}

TEST_CASE("a package on its way is half configured until it is installed") {
  millrace::flow_test<half_configured> test;
  test.given(status("unpacked sed:amd64 2")).given(status("half-configured sed:amd64 2"));
  CHECK(test.state().packages().at("sed:amd64").status() == HALF_CONFIGURED);
  test.given(status("installed sed:amd64 2"));
  CHECK(test.state().packages().empty());
}

TEST_CASE("a package that is gone is not half configured") {
  millrace::flow_test<half_configured> test;
  const std::string rest = GENERATE(as<std::string>{}, "config-files", "not-installed");
  test.given(status("half-installed sed:amd64 2")).given(status(rest + " sed:amd64 <none>"));
  CHECK(test.state().packages().empty());
}

TEST_CASE("a day counts its lines by action and by hour") {
  millrace::flow_test<daily_activity> test;
  test.given(action("upgrade sed:amd64 1 2"))
      .given(status("installed sed:amd64 2"))
      .given(line_as<DpkgStarted>("2026-11-22 23:00:00 startup packages configure"));
  CHECK(test.state().day() == "2026-11-22");
  CHECK(test.state().counts().lines() == 3);
  CHECK(test.state().counts().upgrades() == 1);
  CHECK(test.state().lines_by_hour_size() == 24);
  CHECK(test.state().lines_by_hour(9) == 2);
  CHECK(test.state().lines_by_hour(23) == 1);
}

TEST_CASE("a line belongs to the day that it shows") {
  const auto late = line_as<DpkgStarted>("2026-11-22 23:59:59 startup packages configure");
  CHECK(daily_activity::route(late).targets()[0].id == "2026-11-22");
}

TEST_CASE("a session that is resumed and ends again is listed once, as it ended last") {
  InstallSessionStarted start;
  start.set_session(1);
  InstallSessionResumed again;
  again.set_session(1);
  InstallSessionEnded first, last;
  first.set_session(1);
  last.set_session(1);
  first.mutable_counts()->set_lines(1);
  last.mutable_counts()->set_lines(2);
  millrace::flow_test<session_list> test;
  test.given(start).given(first).given(again);
  CHECK(test.state().sessions().at(1).open());
  test.given(last);
  CHECK(test.state().sessions().size() == 1);
  CHECK(!test.state().sessions().at(1).open());
  CHECK(test.state().sessions().at(1).session().counts().lines() == 2);
}
