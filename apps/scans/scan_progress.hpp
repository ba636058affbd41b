/// One scan, from its registration to its last image.
#pragma once

#include <chrono>
#include <string_view>

#include <scans/events.pb.h>
#include <scans/states.pb.h>

#include "millrace/flow.hpp"

namespace scans {

/// ScanProgress|scan_id, a topic that ends: with the last image, or when the timer says that it
/// will not come any more. A scan whose id is registered again lives again.
struct scan_progress {
  static constexpr std::string_view name = "ScanProgress";
  static constexpr auto starts_from = millrace::first_event::of_history;
  using observes = millrace::events<ScanRegistered, NewImageDetected, ScanTimedOut>;

  explicit scan_progress(millrace::duration patience = std::chrono::minutes{30})
      : time_limit(patience) {}

  static millrace::route route(const ScanRegistered& e) { return millrace::starts(e.scan_id()); }
  static millrace::route route(const NewImageDetected& e) { return millrace::joins(e.scan_id()); }
  static millrace::route route(const ScanTimedOut& e) { return millrace::joins(e.scan_id()); }

  void given(const ScanRegistered& e) {
    state.set_scan_id(e.scan_id());
    state.set_user(e.user());
    state.set_images(e.images());
  }
  void given(const NewImageDetected&) { state.set_detected(state.detected() + 1); }

  void when(const ScanRegistered& e, millrace::reactions& then) const {
    auto& timer = then.emit_after<ScanTimedOut>(time_limit);
    timer.set_scan_id(e.scan_id());
    timer.set_user(e.user());
  }
  void when(const NewImageDetected& e, millrace::reactions& then) const {
    if (state.detected() < state.images()) return;
    auto& end = then.emit<ScanCompleted>();
    end.set_scan_id(state.scan_id());
    end.set_user(state.user());
    end.set_images(state.detected());
    *end.mutable_completed_at() = e.detected_at();
    then.done();  // takes the timer off
  }
  void when(const ScanTimedOut&, millrace::reactions& then) const { then.done(); }

  millrace::duration time_limit;
  ScanProgressState state;
};

}  // namespace scans
