/// Appends what is new in a log, exactly once. README.md tells how.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dpkg-flows/import_ledger.hpp"
#include "dpkg-flows/import_plan.hpp"
#include "dpkg-flows/log_reader.hpp"
#include "millrace/host.hpp"

namespace dpkg_flows {

struct import_options {
  bool skip_bad = false;
  /// Called now and then with how many lines are handled, and of how many.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};
  /// Asked between batches; true: it ends with `closed`, and the next import goes on from there.
  std::function<bool()> ends = {};
};

/// A line that was not understood, or a piece of one at the end of a file.
struct line_problem {
  std::string where;  ///< file:line
  std::string why;
};

struct import_outcome {
  std::uint64_t files = 0;
  std::uint64_t lines = 0;     ///< good ones, new and known
  std::uint64_t appended = 0;  ///< events made of new lines
  std::uint64_t bad = 0;
  std::vector<line_problem> problems;  ///< the first 1,000 bad lines
  std::vector<std::string> cut;        ///< files that end within a line; it is left for later
};

/// One importer works on an open host; it appends in batches, each conditional on the ledger being
/// as this importer knows it, so that a second one at the same time does no harm. One thread.
class importer {
 public:
  explicit importer(millrace::host& host) : host_(host) {}

  /// Imports all that is new in these files, given oldest first. Looks at all lines before it
  /// appends the first one: after `invalid` (a bad line: file, line and why) nothing is changed.
  /// Errors of the files and of host::append pass through; batches appended before one stay,
  /// `appended` tells of them, and the next import goes on behind them.
  [[nodiscard]] millrace::result<import_outcome> import(const std::vector<log_file>& files,
                                                        const import_options& options);

  /// Events appended by the last call of import, also by one that failed.
  [[nodiscard]] std::uint64_t appended() const { return appended_; }

 private:
  struct work;

  millrace::result<void> load_ledger();
  millrace::result<void> survey(work& now);
  millrace::result<void> settle(import_plan& plan);
  millrace::result<void> append_new(work& now);
  millrace::result<void> append_batch(work& now, bool last);
  millrace::result<std::vector<millrace::position>> append(
      const std::vector<millrace::new_event>& events);
  [[nodiscard]] millrace::append_condition ledger_unchanged() const;
  [[nodiscard]] LogImported end_after(const std::vector<log_line>& batch) const;

  millrace::host& host_;
  bool loaded_ = false;
  ImportLedgerState ledger_;
  std::uint64_t appended_ = 0;
};

}  // namespace dpkg_flows
