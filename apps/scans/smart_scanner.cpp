#include "scans/smart_scanner.hpp"

#include <set>
#include <string>

namespace scans {

bool is_valid(const ScanEntry& entry) {
  return !entry.scan_id().empty() && !entry.user().empty() && !entry.path().empty() &&
         entry.images() > 0 && entry.images() <= smart_scanner::images_max;
}

void smart_scanner::given(const UpdateScanRegistry& e) {
  state.set_entries(state.entries() + static_cast<std::uint64_t>(e.scans_size()));
}

void smart_scanner::given(const ScanRegistered& e) {
  auto& scan = (*state.mutable_open())[e.scan_id()];
  scan.set_user(e.user());
  scan.set_path(e.path());
  state.set_registered(state.registered() + 1);
}

void smart_scanner::given(const ImageWritten& e) {
  if (state.open().contains(e.scan_id())) {
    state.set_images(state.images() + 1);
  } else {
    state.set_strays(state.strays() + 1);
  }
}

void smart_scanner::when(const UpdateScanRegistry& e, millrace::reactions& then) const {
  std::set<std::string_view> listed;
  for (const auto& entry : e.scans()) {
    if (!is_valid(entry) || state.open().contains(entry.scan_id())) continue;
    if (!listed.insert(entry.scan_id()).second) continue;
    auto& scan = then.emit<ScanRegistered>();
    scan.set_scan_id(entry.scan_id());
    scan.set_user(entry.user());
    scan.set_path(entry.path());
    scan.set_images(entry.images());
    *scan.mutable_registered_at() = e.requested_at();
  }
}

void smart_scanner::when(const ImageWritten& e, millrace::reactions& then) const {
  const auto scan = state.open().find(e.scan_id());
  if (scan == state.open().end()) return;
  auto& image = then.emit<NewImageDetected>();
  image.set_scan_id(e.scan_id());
  image.set_user(scan->second.user());
  image.set_path(scan->second.path() + '/' + e.file());
  *image.mutable_detected_at() = e.written_at();
}

}  // namespace scans
