/// Events of one small shop, for its tests.
#pragma once

#include <initializer_list>
#include <string>

#include <scans/events.pb.h>

#include "scans/shop_time.hpp"

/// 2026-01-05, a Monday.
inline scans::shop_time on_monday(std::int64_t hour, std::int64_t minute, std::int64_t second = 0) {
  return scans::at_second(1'767'571'200 + hour * 3600 + minute * 60 + second);
}

inline scans::ScanEntry entry(const std::string& scan_id) {
  scans::ScanEntry made;
  made.set_scan_id(scan_id);
  made.set_user("ajohnston");
  made.set_path("/scans/nwmed_2026/" + scan_id);
  made.set_images(2);
  return made;
}

inline scans::UpdateScanRegistry registry(std::initializer_list<scans::ScanEntry> entries) {
  scans::UpdateScanRegistry made;
  for (const auto& one : entries) *made.add_scans() = one;
  *made.mutable_requested_at() = on_monday(8, 0);
  return made;
}

inline scans::ScanRegistered registered(const std::string& scan_id) {
  const auto from = entry(scan_id);
  scans::ScanRegistered made;
  made.set_scan_id(from.scan_id());
  made.set_user(from.user());
  made.set_path(from.path());
  made.set_images(from.images());
  *made.mutable_registered_at() = on_monday(8, 0);
  return made;
}

inline scans::ImageWritten written(const std::string& scan_id, const std::string& file) {
  scans::ImageWritten made;
  made.set_scan_id(scan_id);
  made.set_file(file);
  *made.mutable_written_at() = on_monday(8, 1);
  return made;
}

inline scans::NewImageDetected detected(const std::string& scan_id, const std::string& file,
                                        const scans::shop_time& at = on_monday(8, 1)) {
  scans::NewImageDetected made;
  made.set_scan_id(scan_id);
  made.set_user("ajohnston");
  made.set_path(entry(scan_id).path() + '/' + file);
  *made.mutable_detected_at() = at;
  return made;
}
