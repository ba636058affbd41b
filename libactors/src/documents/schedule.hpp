/// What has work to do, and what is due when.
#pragma once

#include <optional>
#include <string>

#include "documents/event.hpp"
#include "documents/source.hpp"

namespace millrace::documents {

/// The manifest on one line, some of it at a time, in bounded memory. docs/formats/manifest.md
class manifest_writer {
 public:
  /// Both outlive it.
  manifest_writer(const millrace::store& from, const overview& now) : from_(from), now_(now) {}
  /// Empty: that was all. Errors: those of the store.
  [[nodiscard]] result<std::string> next();

 private:
  enum class part { begin, routes, schedule, end };
  result<std::string> more_routes();
  result<std::string> more_schedule();

  const millrace::store& from_;
  const overview& now_;
  part at_ = part::begin;
  std::optional<flow_key> route_;  // the last that was written
  std::optional<position> due_;    // likewise
};
[[nodiscard]] result<std::string> manifest_line(const millrace::store& from, const overview& now);

[[nodiscard]] json json_of(const schedule_entry& entry);

}  // namespace millrace::documents
