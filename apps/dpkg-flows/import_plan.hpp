/// Which lines of the log are new: the pure part of the import.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <dpkg-flows/states.pb.h>

#include "millrace/types.hpp"

namespace dpkg_flows {

/// Compares the lines of the files with the ledger, in two passes over the same lines in the same
/// order; in between, the events of those days that the ledger alone cannot settle are added.
/// Memory grows with the days, and with the recorded lines of unsettled days. No I/O.
class import_plan {
 public:
  explicit import_plan(const ImportLedgerState& ledger);

  /// First pass: every line.
  void survey(const std::string& day, std::uint64_t digest);

  /// Days whose recorded lines are not the first ones in the files, and where their events lie. To
  /// be told of each with `recorded`.
  struct day_range {
    std::string day;
    millrace::position first;
    millrace::position last;
  };
  [[nodiscard]] std::vector<day_range> unsettled() const;
  void recorded(const std::string& day, std::uint64_t digest);

  /// Second pass: whether the line, the next one, is not on the timeline yet.
  [[nodiscard]] bool is_new(const std::string& day, std::uint64_t digest);

 private:
  struct progress {
    std::uint64_t recorded = 0;  ///< lines of the ledger
    std::uint64_t digest = 0;    ///< of the ledger
    millrace::position first;
    millrace::position last;
    std::uint64_t surveyed = 0;
    std::uint64_t surveyed_digest = 0;  ///< of the first `recorded` lines
    std::uint64_t passed = 0;
    std::unordered_map<std::uint64_t, std::uint64_t> left =
        {};  ///< unsettled: digest → recorded lines

    [[nodiscard]] bool is_settled() const {
      return surveyed >= recorded && surveyed_digest == digest;
    }
  };

  std::map<std::string, progress, std::less<>> days_;
};

}  // namespace dpkg_flows
