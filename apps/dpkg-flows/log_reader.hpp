/// Reads the lines of one log file, plain or gzipped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "dpkg-flows/log_files.hpp"
#include "millrace/result.hpp"

namespace dpkg_flows {

/// An open log file. Keeps reading the same file when that is renamed or unlinked meanwhile. One
/// thread. Movable.
class log_reader {
 public:
  /// Errors: not_found (with the system's words).
  [[nodiscard]] static millrace::result<log_reader> open(const log_file& file);

  struct span {
    std::uint64_t lines = 0;  ///< complete ones
    bool cut = false;         ///< a part of a line follows, that may still grow
  };
  /// `visit` gets each complete line, without its line break, and its number from 1; what is longer
  /// than line_size_max + 1 bytes is cut there. Begins at the first line each time, and ends at the
  /// end of the file, after `lines_max` lines, or with the first error of `visit`. Errors: corrupt
  /// (a gzip file that is damaged or incomplete), and those of `visit`.
  using visitor =
      std::function<millrace::result<void>(std::string_view line, std::uint64_t number)>;
  [[nodiscard]] millrace::result<span> each_line(const visitor& visit,
                                                 std::uint64_t lines_max = UINT64_MAX);

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  struct closes {
    void operator()(void* file) const;
  };
  explicit log_reader(std::string name) : name_(std::move(name)) {}

  std::string name_;
  std::unique_ptr<void, closes> file_;
};

}  // namespace dpkg_flows
