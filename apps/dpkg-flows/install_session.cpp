#include "dpkg-flows/install_session.hpp"

#include <algorithm>
#include <cstdlib>

#include "dpkg-flows/logged_time.hpp"
#include "dpkg-flows/session_counts.hpp"

namespace dpkg_flows {
namespace {

bool is_near(const Session& session, const logged_time& at, std::chrono::seconds gap) {
  return session.number() != 0 &&
         std::abs(at.seconds() - session.ended_at().seconds()) < gap.count();
}

void begin(Session& session, std::uint64_t number, const logged_time& at) {
  session.Clear();
  session.set_number(number);
  *session.mutable_started_at() = at;
  *session.mutable_ended_at() = at;
}

void emit_end(millrace::reactions& then, const Session& session) {
  auto& end = then.emit<InstallSessionEnded>();
  end.set_session(session.number());
  *end.mutable_started_at() = session.started_at();
  *end.mutable_ended_at() = session.ended_at();
  end.set_duration_seconds(
      static_cast<std::uint64_t>(session.ended_at().seconds() - session.started_at().seconds()));
  *end.mutable_counts() = session.counts();
}

}  // namespace

template <class E>
void install_session::add(const E& line) {
  const auto& at = line.logged_at();
  auto& open = *state.mutable_open();
  if (!is_near(open, at, gap)) {
    if (open.number() == 0 && is_near(state.before(), at, gap)) {
      open = state.before();
    } else {
      const auto last = std::max(open.number(), state.before().number());
      if (open.number() != 0) *state.mutable_before() = open;
      state.set_before_is_unsaid(open.number() != 0);
      begin(open, last + 1, at);
    }
    state.set_opened_at_line(open.counts().lines() + 1);
  }
  if (at.seconds() > open.ended_at().seconds()) *open.mutable_ended_at() = at;
  count(*open.mutable_counts(), line);
}

/// After the fold of a line: says so when that line opened the session.
void install_session::announce(millrace::reactions& then) const {
  const auto& open = state.open();
  if (open.counts().lines() != state.opened_at_line()) return;
  if (state.opened_at_line() > 1) {
    then.emit<InstallSessionResumed>().set_session(open.number());
    return;
  }
  if (state.before_is_unsaid()) emit_end(then, state.before());
  auto& start = then.emit<InstallSessionStarted>();
  start.set_session(open.number());
  *start.mutable_started_at() = open.started_at();
}

void install_session::given(const DpkgStarted& e) { add(e); }
void install_session::given(const PackageActionTaken& e) { add(e); }
void install_session::given(const PackageStatusChanged& e) { add(e); }
void install_session::given(const ConffileDecided& e) { add(e); }

void install_session::when(const DpkgStarted&, millrace::reactions& then) const { announce(then); }
void install_session::when(const PackageActionTaken&, millrace::reactions& then) const {
  announce(then);
}
void install_session::when(const PackageStatusChanged&, millrace::reactions& then) const {
  announce(then);
}
void install_session::when(const ConffileDecided&, millrace::reactions& then) const {
  announce(then);
}

void install_session::when(const LogImported&, millrace::reactions& then) const {
  const auto& open = state.open();
  if (open.number() == 0) return;
  then.cancel<SessionGapPassed>();
  auto& timer = then.emit_at<SessionGapPassed>(to_timestamp(open.ended_at()) + gap);
  timer.set_session(open.number());
  *timer.mutable_logged_until() = open.ended_at();
}

void install_session::when(const SessionGapPassed& e, millrace::reactions& then) const {
  const auto& open = state.open();
  const bool is_last =
      open.number() == e.session() && open.ended_at().seconds() == e.logged_until().seconds();
  if (is_last) emit_end(then, open);
}

/// Ended by the timer: there is none open until the next line. Ended by a line: that is said now.
void install_session::given(const InstallSessionEnded& e) {
  state.set_before_is_unsaid(false);
  if (e.session() != state.open().number()) return;
  *state.mutable_before() = state.open();
  state.clear_open();
}

}  // namespace dpkg_flows
