// import: a history from a file or a pipe.
#include <fmt/format.h>

#include <algorithm>

#include "base/one_arena.hpp"
#include "cli/commands.hpp"
#include "cli/signals.hpp"
#include "documents/event.hpp"
#include "documents/text.hpp"
#include "host/host_parts.hpp"
#include "host/import_thread.hpp"
#include "host/importer.hpp"

namespace millrace::cli {
namespace {

using namespace std::chrono_literals;
using exchange::bad_line;
using exchange::format;

constexpr std::size_t bad_lines_shown_max = 1000;
constexpr duration drain_limit = std::chrono::hours{1};

std::string_view name_of(std::optional<format> shape) {
  if (!shape) return "";
  return *shape == format::events ? "events" : "kurrent";
}

/// One run of the command.
class import_run {
 public:
  import_run(const context& in, const import_options& options, import_source& source, host& over,
             const interrupts& stop)
      : in_(in),
        options_(options),
        source_(source),
        host_(over),
        stop_(stop),
        bar_(in.long_work("importing")) {}

  result<void> prepare();
  void run();
  [[nodiscard]] bool has_failed() const { return into_->failure().has_value(); }
  outcome tell_end();

 private:
  void take(std::unique_ptr<exchange::part> part);
  void note(const bad_line& bad);
  void show_progress();
  [[nodiscard]] error stopped_at_bad_line() const;
  void print_summary();

  const context& in_;
  const import_options& options_;
  import_source& source_;
  host& host_;
  const interrupts& stop_;
  progress bar_;
  v1::Import before_;
  std::optional<importer> into_;
  std::optional<import_thread> thread_;
  std::optional<bad_line> stopped_;
  std::vector<bad_line> skipped_;
  std::uint64_t skipped_count_ = 0;
  bool interrupted_ = false;
};

/// Finds out what of the source is imported already.
result<void> import_run::prepare() {
  auto known = host_.inside().stored->imports();
  if (!known) return known.error();
  auto found = source_.recognise(*known, [this] { return stop_.arrived(); });
  if (!found) return found.error();
  before_ = *found ? **found : new_import(*known, host_.tail());
  const auto from = reading_of(before_, host_.tail());
  if (options_.shape && from.shape && *options_.shape != *from.shape) {
    return error{errc::conflict, fmt::format("{} is imported as {} as far as it is", source_.name(),
                                             name_of(from.shape))};
  }
  into_.emplace(host_, source_, before_);
  thread_.emplace(source_, import_thread_options{
                               .from = from,
                               .rules = {.skip_bad = options_.skip_bad, .wanted = options_.shape},
                               .follow = options_.follow});
  return {};
}

void import_run::run() {
  while (!into_->failure()) {
    if (stop_.arrived() && !interrupted_) {
      interrupted_ = true;
      thread_->end();
    }
    show_progress();
    if (!into_->has_room()) {
      into_->wait_for_room(100ms);
      continue;
    }
    if (auto part = thread_->take(50ms)) {
      take(std::move(part));
    } else if (thread_->at_end()) {
      break;
    }
  }
  into_->finish();
  bar_.wipe();
}

void import_run::take(std::unique_ptr<exchange::part> part) {
  for (const auto& bad : part->bad) {
    if (part->stops && &bad == &part->bad.back()) {
      stopped_ = bad;
    } else {
      note(bad);
    }
  }
  into_->submit(std::move(part));
}

void import_run::note(const bad_line& bad) {
  if (++skipped_count_ > bad_lines_shown_max) return;
  skipped_.push_back(bad);
  bar_.wipe();
  in_.warn(fmt::format("line {}: {}; skipped", bad.number, bad.why));
}

/// Events count, and the bytes of the file tell how many are left.
void import_run::show_progress() {
  const auto now = into_->committed();
  const auto done = now.events() - before_.events();
  const auto bytes = now.offset() - before_.offset();
  const auto size = source_.size();
  std::uint64_t total = 0;
  if (size && !options_.follow && bytes > 0 && *size > before_.offset()) {
    const double part = static_cast<double>(bytes) / static_cast<double>(*size - before_.offset());
    total = std::max(done, static_cast<std::uint64_t>(static_cast<double>(done) / part));
  }
  bar_.tell(done, total);
}

error import_run::stopped_at_bad_line() const {
  const auto whole = into_->committed().lines();
  return {errc::invalid,
          fmt::format("line {}: {}; {} before it {} imported: mend the line and import again, or "
                      "pass over it with --skip-bad",
                      stopped_->number, stopped_->why, counted(whole, "line"),
                      whole == 1 ? "is" : "are")};
}

outcome import_run::tell_end() {
  if (const auto failed = into_->failure()) {
    return error{failed->code,
                 fmt::format("{}; {} of {} are imported", failed->message,
                             counted(into_->committed().lines(), "line"), source_.name())};
  }
  if (const auto failed = thread_->failure()) return *failed;
  if (stopped_) return stopped_at_bad_line();
  if (skipped_count_ > bad_lines_shown_max) {
    in_.warn(fmt::format("and {} more bad lines", skipped_count_ - bad_lines_shown_max));
  }
  print_summary();
  if (!interrupted_ || options_.follow) return exit_code::done;
  return error{errc::closed, "interrupted; import it again to go on from there"};
}

void import_run::print_summary() {
  const auto now = into_->committed();
  const auto events = now.events() - before_.events();
  const auto checkpoints = now.checkpoints() - before_.checkpoints();
  const auto ignored = now.ignored() - before_.ignored();
  const double seconds = std::max(bar_.elapsed().count(), 1e-6);
  if (in_.json) {
    json line = {{"events", events},
                 {"checkpoints", checkpoints},
                 {"ignored", ignored},
                 {"skipped", skipped_count_},
                 {"lines", now.lines() - before_.lines()},
                 {"lines_before", before_.lines()},
                 {"bytes", now.offset() - before_.offset()},
                 {"format", std::string{name_of(reading_of(now, {}).shape)}},
                 {"tail", host_.tail().value},
                 {"seconds", seconds}};
    line["bad"] = json::array();
    for (const auto& bad : skipped_) {
      line["bad"].push_back({{"line", bad.number}, {"why", bad.why}});
    }
    return in_.out.json(dump(line));
  }
  auto text =
      fmt::format("{} and {} imported in {:.2f} s, {}/s", counted(events, "event"),
                  counted(checkpoints, "checkpoint"), seconds,
                  grouped(static_cast<std::uint64_t>(static_cast<double>(events) / seconds)));
  if (before_.lines() > 0) text += fmt::format("; {} before", counted(before_.lines(), "line"));
  if (ignored > 0) text += fmt::format("; {} ignored", counted(ignored, "line"));
  if (skipped_count_ > 0) text += fmt::format("; {} skipped", counted(skipped_count_, "bad line"));
  in_.out.line(text);
}

}  // namespace

outcome import_history(const context& in, const import_options& options) {
  auto source = import_source::open(options.file);
  if (!source) return source.error();
  use_one_arena();
  const interrupts stop;
  auto opened = in.open_host({.strict = false, .run_flows = false}, true);
  if (!opened) return opened.error();
  outcome end = exit_code::done;
  bool failed = false;
  {
    import_run one{in, options, *source, **opened, stop};
    if (auto ready = one.prepare(); !ready) return ready.error();
    one.run();
    end = one.tell_end();
    failed = one.has_failed();
  }
  // A store that cannot be written is not waited for.
  failed ? (*opened)->stop() : (*opened)->stop(drain_limit);
  return end;
}

}  // namespace millrace::cli
