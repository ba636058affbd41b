/// What the series index has read, for the next start. docs/formats/series.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "millrace/result.hpp"
#include "millrace/types.hpp"

namespace millrace::service {

/// In the store's directory.
inline constexpr const char* series_file_name = "series";

/// A run of limits::series_block_events events that begins here.
struct series_block {
  position begin;
  std::optional<timestamp> before;  ///< series time before it; none: it is the first
};

/// Only ever grows, and is no loss when it is lost. One thread at a time.
class series_file {
 public:
  /// Empty: nothing is kept.
  explicit series_file(std::filesystem::path where) : path_(std::move(where)) {}

  /// All that is whole; what follows that is written over by the next append().
  [[nodiscard]] std::vector<series_block> read();
  /// From here on it holds the first `count` of what was read.
  void cut(std::size_t count);
  /// Without a flush: what a crash leaves half is not read again. False: it could not be written.
  [[nodiscard]] bool append(const std::vector<series_block>& more);

 private:
  std::filesystem::path path_;
  std::vector<std::uint64_t> sums_;  // after each entry
};

}  // namespace millrace::service
