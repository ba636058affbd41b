/// The files of a log: which there are, and in which order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"

namespace dpkg_flows {

/// A file of the log as it was found.
struct log_file {
  std::filesystem::path path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::filesystem::file_time_type modified = {};

  friend bool operator==(const log_file&, const log_file&) = default;
};

/// Finds `dpkg.log`, `dpkg.log.1`, `dpkg.log.2.gz` and so on in directories, takes files as they
/// are, and puts them in order, oldest first: by the number of their rotation, or its date. A file
/// that is reached twice, also by another name, counts once; of `N` and `N.gz` side by side (the
/// compression is under way) the plain one counts. Errors: not_found (names the path).
[[nodiscard]] millrace::result<std::vector<log_file>> find_log_files(
    const std::vector<std::filesystem::path>& places);

/// The age of a file by its name: 0 for `dpkg.log`, more for each rotation. A date (`-20260131`)
/// counts as older the earlier it is. Pure.
[[nodiscard]] std::uint64_t age_of(std::string_view file_name);
/// Whether a file name is one of a dpkg log's. Pure.
[[nodiscard]] bool is_log_name(std::string_view file_name);

}  // namespace dpkg_flows
