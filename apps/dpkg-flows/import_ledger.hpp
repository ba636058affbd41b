/// Which lines of the log are on the timeline: what makes an import exactly once. See README.md.
#pragma once

#include <cstdint>
#include <string_view>

#include <dpkg-flows/events.pb.h>
#include <dpkg-flows/states.pb.h>

#include "dpkg-flows/log_line.hpp"
#include "millrace/flow.hpp"

namespace dpkg_flows {

/// A query over all lines, in constant size for each day of the log: how many lines of that day are
/// on the timeline, and the sum of their digests.
///
/// The identity of a line is its text and its number among equal lines, wherever it stands: files
/// are renamed and compressed, two equal lines in one second are two events. An import counts the
/// lines of each day of its files, oldest first. When the first `lines` of them have the digest of
/// the ledger, they are the recorded ones, and what follows is new. Otherwise (the file that held
/// the beginning of the day is gone, or a later file was imported first) the day's events, which
/// lie between `first` and `last`, are read and taken off one by one; import_plan.hpp does both.
///
/// Events that are appended but not yet folded by this flow are folded by the import itself, with
/// the same handlers. So the ledger is never behind, whether flows run or not.
struct import_ledger {
  static constexpr std::string_view name = "ImportLedger";
  using observes = millrace::events<DpkgStarted, PackageActionTaken, PackageStatusChanged,
                                    ConffileDecided, LogImported>;

  void given(const DpkgStarted& e, const millrace::event& env);
  void given(const PackageActionTaken& e, const millrace::event& env);
  void given(const PackageStatusChanged& e, const millrace::event& env);
  void given(const ConffileDecided& e, const millrace::event& env);
  void given(const LogImported& e, const millrace::event& env);

  ImportLedgerState state;
};

/// The folds, for an import that has just appended the event at that position.
void record(ImportLedgerState& state, const log_line& line, millrace::position at);
void record(ImportLedgerState& state, const LogImported& end, millrace::position at);

/// 64 bits of a line's text. Durable: ledgers hold sums of it. Never change.
[[nodiscard]] std::uint64_t digest_of(std::string_view line);

}  // namespace dpkg_flows
