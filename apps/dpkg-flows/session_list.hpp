/// The sessions found so far.
#pragma once

#include <string_view>

#include <dpkg-flows/events.pb.h>
#include <dpkg-flows/states.pb.h>

#include "millrace/flow.hpp"

namespace dpkg_flows {

/// SessionList: every session by number, and whether it is still open.
struct session_list {
  static constexpr std::string_view name = "SessionList";
  using observes =
      millrace::events<InstallSessionStarted, InstallSessionResumed, InstallSessionEnded>;

  void given(const InstallSessionStarted& e) {
    auto& entry = at(e.session());
    entry.set_open(true);
    *entry.mutable_session()->mutable_started_at() = e.started_at();
    *entry.mutable_session()->mutable_ended_at() = e.started_at();
  }

  void given(const InstallSessionResumed& e) { at(e.session()).set_open(true); }

  void given(const InstallSessionEnded& e) {
    auto& entry = at(e.session());
    entry.set_open(false);
    *entry.mutable_session()->mutable_started_at() = e.started_at();
    *entry.mutable_session()->mutable_ended_at() = e.ended_at();
    *entry.mutable_session()->mutable_counts() = e.counts();
  }

  SessionListState state;

 private:
  SessionListState::Entry& at(std::uint64_t session) {
    auto& entry = (*state.mutable_sessions())[session];
    entry.mutable_session()->set_number(session);
    return entry;
  }
};

}  // namespace dpkg_flows
