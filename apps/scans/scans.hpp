/// The scan shop's business chain, for whoever runs it: a host, an application or a test.
///
///   UpdateScanRegistry → SmartScanner → ScanRegistered → ScanProgress|scan
///   ImageWritten → SmartScanner → NewImageDetected → ScanProgress|scan → ScanCompleted
///                                                  → ShiftScheduleTopic → TimeOffTask
///                                                  → ClientClassifierTopic → ClientIdentified
#pragma once

#include <chrono>

#include "millrace/types.hpp"
#include "scans/client_classifier.hpp"
#include "scans/client_image_list.hpp"
#include "scans/scan_activity.hpp"
#include "scans/scan_progress.hpp"
#include "scans/shift_schedule.hpp"
#include "scans/smart_scanner.hpp"
#include "scans/time_on_task.hpp"

namespace scans {

struct shop_settings {
  /// A scan that is not complete by then, in recorded time, is given up.
  millrace::duration scan_time_limit = std::chrono::minutes{30};
};

/// Adds all flows to a millrace::host, application or host_test.
template <class Target>
void add_scans(Target& target, shop_settings settings = {}) {
  const auto add = [&](millrace::flow_type type) {
    static_cast<void>(target.add(std::move(type)));
  };
  add(millrace::describe<smart_scanner>());
  add(millrace::describe<scan_progress>({}, settings.scan_time_limit));
  add(millrace::describe<scan_activity>());
  add(millrace::describe<shift_schedule>());
  add(millrace::describe<time_on_task>());
  add(millrace::describe<client_classifier>());
  add(millrace::describe<client_image_list>());
}

}  // namespace scans
