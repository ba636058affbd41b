/// What one user has scanned, and has open.
#pragma once

#include <string_view>

#include <scans/events.pb.h>
#include <scans/states.pb.h>

#include "millrace/flow.hpp"

namespace scans {

/// ScanActivityQuery|user. Known from the first registered scan.
struct scan_activity {
  static constexpr std::string_view name = "ScanActivityQuery";
  using observes = millrace::events<ScanRegistered, NewImageDetected, ScanCompleted, ScanTimedOut>;

  static millrace::route route(const ScanRegistered& e) { return millrace::starts(e.user()); }
  static millrace::route route(const NewImageDetected& e) { return millrace::joins(e.user()); }
  static millrace::route route(const ScanCompleted& e) { return millrace::joins(e.user()); }
  static millrace::route route(const ScanTimedOut& e) { return millrace::joins(e.user()); }

  void given(const ScanRegistered& e) {
    state.set_user(e.user());
    state.set_registered(state.registered() + 1);
    (*state.mutable_open())[e.scan_id()] = 0;
  }
  void given(const NewImageDetected& e) {
    state.set_images(state.images() + 1);
    *state.mutable_last_image_at() = e.detected_at();
    const auto scan = state.mutable_open()->find(e.scan_id());
    if (scan != state.mutable_open()->end()) ++scan->second;
  }
  void given(const ScanCompleted& e) {
    state.set_completed(state.completed() + 1);
    state.mutable_open()->erase(e.scan_id());
  }
  void given(const ScanTimedOut& e) {
    state.set_timed_out(state.timed_out() + 1);
    state.mutable_open()->erase(e.scan_id());
  }

  ScanActivityState state;
};

}  // namespace scans
