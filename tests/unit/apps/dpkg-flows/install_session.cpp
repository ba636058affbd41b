#include "dpkg-flows/install_session.hpp"

#include <catch2/catch.hpp>

#include "millrace/flow_test.hpp"
#include "support.hpp"

using namespace dpkg_flows;
using namespace std::chrono_literals;

namespace {

using session_test = millrace::flow_test<install_session>;

DpkgStarted line_at(const std::string& time) {
  return line_as<DpkgStarted>("2026-11-22 " + time + " startup archives unpack");
}

InstallSessionStarted started(std::uint64_t session, const std::string& time) {
  InstallSessionStarted event;
  event.set_session(session);
  *event.mutable_started_at() = time_at("2026-11-22 " + time);
  return event;
}

InstallSessionEnded ended(std::uint64_t session, const std::string& from, const std::string& to,
                          std::uint64_t lines) {
  InstallSessionEnded event;
  event.set_session(session);
  *event.mutable_started_at() = time_at("2026-11-22 " + from);
  *event.mutable_ended_at() = time_at("2026-11-22 " + to);
  event.set_duration_seconds(
      static_cast<std::uint64_t>(event.ended_at().seconds() - event.started_at().seconds()));
  event.mutable_counts()->set_lines(lines);
  return event;
}

InstallSessionResumed resumed(std::uint64_t session) {
  InstallSessionResumed event;
  event.set_session(session);
  return event;
}

SessionGapPassed gap_passed(std::uint64_t session, const std::string& until) {
  SessionGapPassed event;
  event.set_session(session);
  *event.mutable_logged_until() = time_at("2026-11-22 " + until);
  return event;
}

}  // namespace

TEST_CASE("the first line starts a session") {
  session_test{}.when(line_at("09:00:00")).then(started(1, "09:00:00")).then_nothing_else();
}

TEST_CASE("a line within the gap goes on with the session in silence") {
  session_test{}.given(line_at("09:00:00")).when(line_at("09:04:59")).then_nothing_else();
}

TEST_CASE("a line after the gap ends the session and starts the next") {
  session_test{}
      .given(line_at("09:00:00"))
      .given(line_at("09:03:00"))
      .when(line_at("09:08:00"))
      .then(ended(1, "09:00:00", "09:03:00", 2))
      .then(started(2, "09:08:00"))
      .then_nothing_else();
}

TEST_CASE("the gap is a setting") {
  millrace::flow_test<install_session> test{10s};
  test.given(line_at("09:00:00"))
      .when(line_at("09:00:10"))
      .then(ended(1, "09:00:00", "09:00:00", 1))
      .then(started(2, "09:00:10"));
}

TEST_CASE("a clock that is set back a little stays in the session, and moves no end back") {
  session_test test;
  test.given(line_at("09:00:00")).given(line_at("09:03:00"));
  test.when(line_at("09:01:00")).then_nothing_else();
  CHECK(to_text(test.state().open().ended_at()) == "2026-11-22 09:03:00");
}

TEST_CASE("older lines that are imported later are sessions of their own") {
  session_test{}
      .given(line_at("09:00:00"))
      .when(line_at("07:00:00"))
      .then(ended(1, "09:00:00", "09:00:00", 1))
      .then(started(2, "07:00:00"));
}

TEST_CASE("a session counts its lines by what they say") {
  session_test test;
  for (const auto* what :
       {"install a:amd64 <none> 1", "upgrade b:amd64 1 2", "configure b:amd64 2 <none>",
        "trigproc c:amd64 1 <none>", "remove d:amd64 1 <none>", "purge e:amd64 1 <none>"}) {
    test.given(line_as<PackageActionTaken>(std::string{"2026-11-22 09:00:00 "} + what));
  }
  test.given(line_as<ConffileDecided>("2026-11-22 09:00:00 conffile /etc/a keep"));
  const auto& counts = test.state().open().counts();
  CHECK(counts.lines() == 7);
  CHECK(counts.installs() + counts.upgrades() + counts.configures() + counts.triggers() +
            counts.removes() + counts.purges() + counts.conffiles() ==
        7);
}

TEST_CASE("the end of an import sets the timer of the last session, due in logged time") {
  // Virtual time begins in 2025, the lines are of 2026.
  const auto due =
      to_timestamp(time_at("2026-11-22 09:08:00")) - to_timestamp(time_at("2025-01-01 00:00:00"));
  session_test{}
      .given(line_at("09:03:00"))
      .when(LogImported{})
      .then_cancelled<SessionGapPassed>()
      .then_after(due, gap_passed(1, "09:03:00"))
      .then_nothing_else();
}

TEST_CASE("the end of an import of nothing sets no timer") {
  session_test{}.when(LogImported{}).then_nothing_else();
}

TEST_CASE("the timer ends the last session") {
  session_test{}
      .given(line_at("09:00:00"))
      .given(line_at("09:03:00"))
      .when(gap_passed(1, "09:03:00"))
      .then(ended(1, "09:00:00", "09:03:00", 2))
      .then_nothing_else();
}

TEST_CASE("a timer that was set before the latest line means nothing") {
  session_test{}
      .given(line_at("09:00:00"))
      .given(line_at("09:03:00"))
      .when(gap_passed(1, "09:00:00"))
      .then_nothing_else();
}

TEST_CASE("a timer of a session that a line has ended means nothing") {
  session_test{}
      .given(line_at("09:00:00"))
      .given(line_at("10:00:00"))
      .when(gap_passed(1, "09:00:00"))
      .then_nothing_else();
}

TEST_CASE("a line that comes after the timer but belongs to the session resumes it") {
  session_test test;
  test.given(line_at("09:00:00")).given(ended(1, "09:00:00", "09:00:00", 1));
  test.when(line_at("09:02:00")).then(resumed(1)).then_nothing_else();
  test.when(gap_passed(1, "09:02:00"))
      .then(ended(1, "09:00:00", "09:02:00", 2))
      .then_nothing_else();
}

TEST_CASE("after the timer a line beyond the gap starts the next session and ends none") {
  session_test{}
      .given(line_at("09:00:00"))
      .given(ended(1, "09:00:00", "09:00:00", 1))
      .when(line_at("09:05:00"))
      .then(started(2, "09:05:00"))
      .then_nothing_else();
}
