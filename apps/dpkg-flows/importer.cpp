#include "dpkg-flows/importer.hpp"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "dpkg-flows/log_line.hpp"
#include "dpkg-flows/logged_time.hpp"
#include "dpkg-flows/recorded_events.hpp"

namespace dpkg_flows {
namespace {

using millrace::errc;
using millrace::error;
using millrace::position;
using millrace::result;

constexpr std::size_t batch_events_max = 4096;
constexpr std::size_t problems_max = 1000;
constexpr int append_tries_max = 200;
constexpr std::chrono::milliseconds append_pause{50};

/// The observed types of the ledger, and the way from a recorded event to its handler.
const millrace::flow_type& ledger_type() {
  static const auto type = millrace::describe<import_ledger>();
  return type;
}

std::vector<std::string> ledger_events() {
  std::vector<std::string> names;
  for (const auto& one : ledger_type().observes) names.push_back(one.name);
  return names;
}

/// The line that the event was made of. None: it is no line, or does not decode.
std::optional<log_line> line_in(const millrace::event& event) {
  const auto* body = event.body;
  if (const auto* line = dynamic_cast<const DpkgStarted*>(body)) return *line;
  if (const auto* line = dynamic_cast<const PackageActionTaken*>(body)) return *line;
  if (const auto* line = dynamic_cast<const PackageStatusChanged*>(body)) return *line;
  if (const auto* line = dynamic_cast<const ConffileDecided*>(body)) return *line;
  return std::nullopt;
}

}  // namespace

struct importer::work {
  std::vector<log_reader> files;
  std::vector<std::uint64_t> lines;  ///< of each file, as surveyed: it may grow meanwhile
  const import_options& options;
  import_plan plan;
  import_outcome outcome;
  std::vector<log_line> batch;
  std::uint64_t passed = 0;
};

result<import_outcome> importer::import(const std::vector<log_file>& files,
                                        const import_options& options) {
  appended_ = 0;
  if (auto loaded = load_ledger(); !loaded) return loaded.error();
  work now{.options = options, .plan = import_plan{ledger_}};
  for (const auto& file : files) {
    auto reader = log_reader::open(file);
    if (!reader) return reader.error();
    now.files.push_back(std::move(*reader));
  }
  if (auto done = survey(now); !done) return done.error();
  if (auto done = settle(now.plan); !done) return done.error();
  if (auto done = append_new(now); !done) {
    loaded_ = false;
    return done.error();
  }
  now.outcome.appended = appended_;
  return std::move(now.outcome);
}

/// The query's state, and what is recorded but not folded there yet.
result<void> importer::load_ledger() {
  if (loaded_) return {};
  ledger_.Clear();
  position from;
  auto known = host_.read<import_ledger>();
  if (!known && known.error().code != errc::not_found) return known.error();
  if (known) {
    ledger_ = known->state;
    if (known->scanned) from = known->scanned->next();
  }
  std::optional<error> wrong;
  each_recorded(host_, from, ledger_events(), [&](const millrace::event& event) {
    if (const auto* end = dynamic_cast<const LogImported*>(event.body)) {
      record(ledger_, *end, event.at);
    } else if (const auto line = line_in(event)) {
      record(ledger_, *line, event.at);
    } else {
      wrong = error{errc::corrupt, fmt::format("the {} at position {} does not decode", event.type,
                                               event.at.value)};
    }
    return !wrong;
  });
  if (wrong) return *wrong;
  loaded_ = true;
  return {};
}

/// First pass: every line is looked at before anything is appended.
result<void> importer::survey(work& now) {
  for (auto& file : now.files) {
    const auto look = [&](std::string_view text, std::uint64_t number) -> result<void> {
      const auto line = parse_line(text);
      if (line) {
        ++now.outcome.lines;
        now.plan.survey(day_of(logged_at(*line)), digest_of(text));
        return {};
      }
      line_problem bad{fmt::format("{}:{}", file.name(), number), line.error().message};
      if (!now.options.skip_bad) {
        return error{errc::invalid, fmt::format("{}: {}", bad.where, bad.why)};
      }
      ++now.outcome.bad;
      if (now.outcome.problems.size() < problems_max) now.outcome.problems.push_back(bad);
      return {};
    };
    const auto seen = file.each_line(look);
    if (!seen) return seen.error();
    now.lines.push_back(seen->lines);
    if (seen->cut) now.outcome.cut.push_back(file.name());
    ++now.outcome.files;
  }
  return {};
}

/// The days that the ledger cannot settle are read from the timeline.
result<void> importer::settle(import_plan& plan) {
  const auto open_days = plan.unsettled();
  if (open_days.empty()) return {};
  auto first = open_days.front().first, last = open_days.front().last;
  std::map<std::string, bool> wanted;
  for (const auto& range : open_days) {
    first = std::min(first, range.first);
    last = std::max(last, range.last);
    wanted[range.day] = true;
  }
  each_recorded(host_, first, ledger_events(), [&](const millrace::event& event) {
    if (event.at > last) return false;
    const auto line = line_in(event);
    if (!line) return true;
    const auto day = day_of(logged_at(*line));
    if (wanted.contains(day)) plan.recorded(day, digest_of(to_text(*line)));
    return true;
  });
  return {};
}

/// Second pass: appends in batches, and at the end says that the end was reached.
result<void> importer::append_new(work& now) {
  for (std::size_t i = 0; i < now.files.size(); ++i) {
    const auto take = [&](std::string_view text, std::uint64_t) -> result<void> {
      ++now.passed;
      auto line = parse_line(text);
      if (!line || !now.plan.is_new(day_of(logged_at(*line)), digest_of(text))) return {};
      now.batch.push_back(std::move(*line));
      return now.batch.size() < batch_events_max ? result<void>{} : append_batch(now, false);
    };
    const auto seen = now.files[i].each_line(take, now.lines[i]);
    if (!seen) return seen.error();
  }
  const bool said = now.batch.empty() && (ledger_.complete() || ledger_.lines() == 0);
  return said ? result<void>{} : append_batch(now, true);
}

result<void> importer::append_batch(work& now, bool last) {
  if (now.options.ends && now.options.ends()) {
    return error{errc::closed, "interrupted; run it again to go on from there"};
  }
  std::vector<millrace::new_event> events;
  for (const auto& line : now.batch) events.push_back(to_event(line));
  const auto end = end_after(now.batch);
  if (last) events.push_back(millrace::new_event::of(end));
  const auto positions = append(events);
  if (!positions) return positions.error();
  for (std::size_t i = 0; i < now.batch.size(); ++i) record(ledger_, now.batch[i], (*positions)[i]);
  if (last) record(ledger_, end, positions->back());
  appended_ += now.batch.size();
  now.batch.clear();
  if (now.options.progress) now.options.progress(now.passed, now.outcome.lines + now.outcome.bad);
  return {};
}

LogImported importer::end_after(const std::vector<log_line>& batch) const {
  LogImported end;
  end.set_lines(ledger_.lines() + batch.size());
  *end.mutable_logged_until() = ledger_.logged_until();
  for (const auto& line : batch) {
    const auto& at = logged_at(line);
    if (at.seconds() > end.logged_until().seconds()) *end.mutable_logged_until() = at;
  }
  return end;
}

/// A full queue empties itself in a moment.
result<std::vector<position>> importer::append(const std::vector<millrace::new_event>& events) {
  for (int tried = 1;; ++tried) {
    auto positions = host_.append(events, ledger_unchanged()).get();
    if (positions) return positions;
    if (positions.error().code == errc::conflict) {
      return error{errc::conflict, "another import of this log is under way; run this one again"};
    }
    if (!is_retryable(positions.error().code) || tried == append_tries_max) return positions;
    std::this_thread::sleep_for(append_pause);
  }
}

millrace::append_condition importer::ledger_unchanged() const {
  millrace::append_condition condition;
  auto& latest = condition.flow_latest.emplace();
  latest.flow = millrace::host::key_of<import_ledger>({});
  if (ledger_.has_last()) latest.at = position{ledger_.last()};
  return condition;
}

}  // namespace dpkg_flows
