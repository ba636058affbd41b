/// Registry in, registered scans and their images out.
#pragma once

#include <string_view>

#include <scans/events.pb.h>
#include <scans/states.pb.h>

#include "millrace/flow.hpp"

namespace scans {

/// SmartScanner, a topic. Registers each valid entry of a registry that is not open yet, and says
/// of each file whether it is an image of an open scan. One instance, so images keep the order in
/// which they were written.
struct smart_scanner {
  static constexpr std::string_view name = "SmartScanner";
  static constexpr auto starts_from = millrace::first_event::of_history;
  static constexpr std::uint32_t images_max = 10'000;
  using observes = millrace::events<UpdateScanRegistry, ScanRegistered, ImageWritten, ScanCompleted,
                                    ScanTimedOut>;

  void given(const UpdateScanRegistry& e);
  void given(const ScanRegistered& e);  // its own: counts at once
  void given(const ImageWritten& e);
  void given(const ScanCompleted& e) { state.mutable_open()->erase(e.scan_id()); }
  void given(const ScanTimedOut& e) { state.mutable_open()->erase(e.scan_id()); }

  void when(const UpdateScanRegistry& e, millrace::reactions& then) const;
  void when(const ImageWritten& e, millrace::reactions& then) const;

  SmartScannerState state;
};

[[nodiscard]] bool is_valid(const ScanEntry& entry);

}  // namespace scans
