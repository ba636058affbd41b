// import: a history from a file or a pipe.
#include <fmt/format.h>

#include <algorithm>

#include "base/process_memory.hpp"
#include "cli/commands.hpp"
#include "cli/import_by_daemon.hpp"
#include "cli/signals.hpp"
#include "documents/imported.hpp"
#include "documents/text.hpp"
#include "host/import_job.hpp"
#include "service/series_keeper.hpp"

namespace millrace::cli {
namespace {

constexpr duration drain_limit = std::chrono::hours{1};

/// Events count, and the bytes of the file tell how many are left.
void show_progress(progress& bar, const import_report& at, std::optional<std::uint64_t> size) {
  const auto done = at.now.events() - at.before.events();
  const auto bytes = at.now.offset() - at.before.offset();
  std::uint64_t total = 0;
  if (size && bytes > 0 && *size > at.before.offset()) {
    const double part =
        static_cast<double>(bytes) / static_cast<double>(*size - at.before.offset());
    total = std::max(done, static_cast<std::uint64_t>(static_cast<double>(done) / part));
  }
  bar.tell(done, total);
}

outcome tell_end(const context& in, const import_options& options, const import_report& report,
                 double seconds) {
  if (report.skipped > report.bad.size()) {
    in.warn(fmt::format("and {} more bad lines", report.skipped - report.bad.size()));
  }
  const auto shown = documents::json_of(report, seconds);
  in.json ? in.out.json(dump(shown)) : in.out.line(documents::imported_in_words(shown));
  if (!report.interrupted || options.follow) return exit_code::done;
  return error{errc::closed, "interrupted; import it again to go on from there"};
}

/// The store is open here; `failed`: it refused something.
outcome import_here(const context& in, const import_options& options, import_source& source,
                    host& over, const interrupts& stop, bool& failed) {
  progress bar = in.long_work("importing");
  import_job job{over,
                 source,
                 {.shape = options.shape,
                  .skip_bad = options.skip_bad,
                  .follow = options.follow,
                  .note = [&](const exchange::bad_line& bad) {
                    bar.wipe();
                    in.warn(fmt::format("line {}: {}; skipped", bad.number, bad.why));
                  }}};
  const auto ending = [&stop] { return stop.arrived(); };
  if (auto ready = job.prepare(ending); !ready) return ready.error();
  const auto size = options.follow ? std::nullopt : source.size();
  job.run(ending, [&] {
    if (in.shows_progress) show_progress(bar, job.report(), size);
  });
  bar.wipe();
  failed = job.has_store_failed();
  if (const auto why = job.failure()) return *why;
  return tell_end(in, options, job.report(), bar.elapsed().count());
}

}  // namespace

outcome import_history(const context& in, const import_options& options) {
  auto source = import_source::open(options.file);
  if (!source) return source.error();
  const interrupts stop;
  auto opened = in.open_host({.strict = false, .run_flows = false}, true);
  if (!opened) return import_by_daemon(in, opened.error(), options, *source, stop);
  const service::series_keeper series{**opened};
  use_one_arena();
  bool failed = false;
  auto end = import_here(in, options, *source, **opened, stop, failed);
  // A store that cannot be written is not waited for.
  failed ? (*opened)->stop() : (*opened)->stop(drain_limit);
  return end;
}

}  // namespace millrace::cli
