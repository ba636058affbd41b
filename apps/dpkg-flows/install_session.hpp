/// Sessions: runs of lines without a gap, as a scan shop infers breaks from the times of its
/// images.
#pragma once

#include <chrono>
#include <string_view>

#include <dpkg-flows/events.pb.h>
#include <dpkg-flows/states.pb.h>

#include "millrace/flow.hpp"

namespace dpkg_flows {

/// InstallSession, a topic. Works in logged time: a session ends when the next line is `gap` or
/// more away, to either side, so a log that is imported years later has the sessions that it had.
///
/// The last session has no next line, so a timer ends it. The timer is set when an import comes to
/// the end of the log (LogImported), never in the middle of one, is due `gap` after the last line
/// (for an old log: at once), and knows that line: when more lines came since, it means nothing.
/// Lines may still come too late, when the log was not read before the timer fired. Then the
/// session is resumed, and ends again with the same number. So the sessions are those of the log's
/// lines, however these were brought in.
struct install_session {
  static constexpr std::string_view name = "InstallSession";
  static constexpr auto starts_from = millrace::first_event::of_history;
  using observes =
      millrace::events<DpkgStarted, PackageActionTaken, PackageStatusChanged, ConffileDecided,
                       LogImported, SessionGapPassed, InstallSessionEnded>;

  explicit install_session(std::chrono::seconds gap_min = std::chrono::minutes{5}) : gap(gap_min) {}

  void given(const DpkgStarted& e);
  void given(const PackageActionTaken& e);
  void given(const PackageStatusChanged& e);
  void given(const ConffileDecided& e);
  void given(const InstallSessionEnded& e);

  void when(const DpkgStarted& e, millrace::reactions& then) const;
  void when(const PackageActionTaken& e, millrace::reactions& then) const;
  void when(const PackageStatusChanged& e, millrace::reactions& then) const;
  void when(const ConffileDecided& e, millrace::reactions& then) const;
  void when(const LogImported& e, millrace::reactions& then) const;
  void when(const SessionGapPassed& e, millrace::reactions& then) const;

  std::chrono::seconds gap;
  InstallSessionState state;

 private:
  template <class E>
  void add(const E& line);
  void announce(millrace::reactions& then) const;
};

}  // namespace dpkg_flows
