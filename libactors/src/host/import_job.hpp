/// One import from beginning to end, for whoever shows it: the command line, the service.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/import_thread.hpp"
#include "host/importer.hpp"

namespace millrace {

/// What became of it so far.
struct import_report {
  v1::Import before;  ///< of the source, in earlier imports
  v1::Import now;     ///< as far as it is committed
  std::uint64_t skipped = 0;
  std::vector<exchange::bad_line> bad;        ///< that were skipped; the first ones
  std::optional<exchange::bad_line> stopped;  ///< the line where it ended
  bool interrupted = false;
  position tail;  ///< of the timeline
};

/// On one thread.
class import_job {
 public:
  struct wish {
    std::optional<exchange::format> shape;  ///< none: the first line tells
    bool skip_bad = false;
    bool follow = false;
    std::size_t bad_lines_max = 1000;  ///< in the report
    /// Each skipped line of the report, when it is found.
    std::function<void(const exchange::bad_line&)> note = [](const exchange::bad_line&) {};
  };
  /// Both outlive it.
  import_job(host& over, import_source& source, wish wanted);

  /// Finds out what of the source is imported already. With `goes_on` the source is a stream that
  /// goes on with the import of that number, see import_source::go_on; 0: it is a new one. Errors:
  /// those of import_source; not_found (no such number); conflict (another format).
  result<void> prepare(const std::function<bool()>& ending,
                       std::optional<std::uint64_t> goes_on = {});
  /// Until the source ends, a line is bad, or `ending` says so; `tell` is called now and then.
  /// Everything that was handed over is committed, or refused, afterwards.
  void run(const std::function<bool()>& ending, const std::function<void()>& tell);

  [[nodiscard]] import_report report() const;
  /// Why it ended before the source did: the store, the source, a bad line. None: it did not, or
  /// was interrupted.
  [[nodiscard]] std::optional<error> failure() const;
  /// The store refused something: it is not waited for.
  [[nodiscard]] bool has_store_failed() const { return into_->failure().has_value(); }

 private:
  void take(std::unique_ptr<exchange::part> part);
  result<std::optional<v1::Import>> find(const std::vector<v1::Import>& known,
                                         const std::function<bool()>& ending,
                                         std::optional<std::uint64_t> goes_on);

  host& host_;
  import_source& source_;
  wish wanted_;
  import_report report_;
  std::optional<importer> into_;
  std::optional<import_thread> thread_;
};

/// `events`, `kurrent`; empty: not known yet.
[[nodiscard]] std::string_view name_of(std::optional<exchange::format> shape);

}  // namespace millrace
