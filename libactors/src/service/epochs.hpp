/// Numbers of leases that never come twice, whatever happens to the process.
/// docs/formats/epochs.md
#pragma once

#include <cstdint>
#include <filesystem>

#include "millrace/result.hpp"

namespace millrace::service {

/// The file `epochs` of a store holds the first number that nobody was given; it is written before
/// any of those before it are handed out, so a start after kill -9 goes on behind them. Guarded by
/// its owner. The process owns the store.
class epochs {
 public:
  explicit epochs(const std::filesystem::path& directory) : directory_(directory) {}

  /// Ascending, from 1. Errors: corrupt (the file holds no number), storage_full, storage_failed.
  [[nodiscard]] result<std::uint64_t> next();

 private:
  [[nodiscard]] result<std::uint64_t> read() const;
  [[nodiscard]] result<void> write(std::uint64_t first_free) const;

  std::filesystem::path directory_;
  std::uint64_t next_ = 0;
  std::uint64_t reserved_ = 0;  // those before it may be handed out
};

}  // namespace millrace::service
