#include "host/import_job.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/host_parts.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;

}  // namespace

std::string_view name_of(std::optional<exchange::format> shape) {
  if (!shape) return "";
  return *shape == exchange::format::events ? "events" : "kurrent";
}

import_job::import_job(host& over, import_source& source, wish wanted)
    : host_(over), source_(source), wanted_(std::move(wanted)) {}

result<std::optional<v1::Import>> import_job::find(const std::vector<v1::Import>& known,
                                                   const std::function<bool()>& ending,
                                                   std::optional<std::uint64_t> goes_on) {
  if (!goes_on) return source_.recognise(known, ending);
  if (*goes_on == 0) return std::optional<v1::Import>{};
  const auto one = std::find_if(known.begin(), known.end(),
                                [&](const auto& each) { return each.number() == *goes_on; });
  if (one == known.end()) {
    return error{errc::not_found, fmt::format("there was no import of number {}", *goes_on)};
  }
  if (auto there = source_.go_on(*one, ending); !there) return there.error();
  return std::optional{*one};
}

result<void> import_job::prepare(const std::function<bool()>& ending,
                                 std::optional<std::uint64_t> goes_on) {
  auto known = host_.inside().stored->imports();
  if (!known) return known.error();
  auto found = find(*known, ending, goes_on);
  if (!found) return found.error();
  report_.before = *found ? **found : new_import(*known, host_.tail());
  auto from = reading_of(report_.before, host_.tail());
  if (source_.print().is_within_line()) --from.lines;  // its end makes it one of them again
  if (wanted_.shape && from.shape && *wanted_.shape != *from.shape) {
    return error{errc::conflict, fmt::format("{} is imported as {} as far as it is", source_.name(),
                                             name_of(from.shape))};
  }
  into_.emplace(host_, source_, report_.before);
  thread_.emplace(source_, import_thread_options{
                               .from = from,
                               .rules = {.skip_bad = wanted_.skip_bad, .wanted = wanted_.shape},
                               .follow = wanted_.follow});
  return {};
}

void import_job::run(const std::function<bool()>& ending, const std::function<void()>& tell) {
  while (!into_->failure()) {
    if (ending() && !report_.interrupted) {
      report_.interrupted = true;
      thread_->end();
    }
    tell();
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
}

void import_job::take(std::unique_ptr<exchange::part> part) {
  for (const auto& bad : part->bad) {
    if (part->stops && &bad == &part->bad.back()) {
      report_.stopped = bad;
    } else if (++report_.skipped <= wanted_.bad_lines_max) {
      report_.bad.push_back(bad);
      wanted_.note(bad);
    }
  }
  into_->submit(std::move(part));
}

import_report import_job::report() const {
  auto made = report_;
  made.now = into_ ? into_->committed() : report_.before;
  made.tail = host_.tail();
  return made;
}

std::optional<error> import_job::failure() const {
  const auto lines = [&] {
    const auto whole = into_->committed().lines();
    return fmt::format("{} line{}", whole, whole == 1 ? "" : "s");
  };
  if (const auto failed = into_->failure()) {
    return error{failed->code, fmt::format("{}; {} of {} are imported", failed->message, lines(),
                                           source_.name())};
  }
  if (auto failed = thread_->failure()) return failed;
  if (!report_.stopped) return std::nullopt;
  return error{errc::invalid,
               fmt::format("line {}: {}; {} before it {} imported: mend the line and import again, "
                           "or pass over it with --skip-bad",
                           report_.stopped->number, report_.stopped->why, lines(),
                           into_->committed().lines() == 1 ? "is" : "are")};
}

}  // namespace millrace
