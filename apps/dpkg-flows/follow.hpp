/// Imports a log again whenever it has changed, until somebody ends it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "dpkg-flows/importer.hpp"

namespace dpkg_flows {

struct follow_options {
  std::vector<std::filesystem::path> places;
  bool skip_bad = false;
  std::function<bool()> ends;  ///< asked now and then
};

struct follow_end {
  std::optional<millrace::error> failure;  ///< none: it was ended
  std::uint64_t appended = 0;              ///< by the import that failed
};

/// Looks twice a second whether files came, grew or were renamed, and then imports what is new: a
/// rotation is nothing special, for the import knows lines, not files. Files that nobody has
/// written to for two days are looked at once. `tell` gets each outcome that appended something,
/// and the first.
[[nodiscard]] follow_end follow(millrace::host& host, const follow_options& options,
                                const std::function<void(const import_outcome&)>& tell);

}  // namespace dpkg_flows
