// rebuild: derived data again from the timeline.
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "documents/event.hpp"
#include "documents/rebuilt.hpp"
#include "documents/text.hpp"
#include "host/rebuild.hpp"

namespace millrace::cli {
namespace {

// On a terminal or in a pipe; JSON has them all.
constexpr std::uint64_t differences_shown_max = 100;

/// Lists differences as they are found.
class lister {
 public:
  lister(const context& in, progress& bar) : in_(in), bar_(bar) {}

  void operator()(const std::string& subject, const std::string& what) {
    ++count_;
    bar_.wipe();
    if (in_.json) {
      in_.out.json(dump({{"subject", subject}, {"difference", what}}));
    } else if (count_ <= differences_shown_max) {
      in_.out.line(inert(subject + ": " + what));
    }
  }
  void finish() const {
    if (in_.json || count_ <= differences_shown_max) return;
    in_.out.line(fmt::format("... and {} more; --json lists them all",
                             grouped(count_ - differences_shown_max)));
  }

 private:
  const context& in_;
  progress& bar_;
  std::uint64_t count_ = 0;
};

std::string verdict(const context& in, const rebuild_counts& counts, bool check) {
  if (counts.differences == 0) return in.out.paint(colour::green, "nothing differs");
  auto found = in.out.paint(colour::red, counted(counts.differences, "difference"));
  if (check) return found;
  if (counts.unmended == 0) return found + ", mended";
  return fmt::format("{}, {} of them not mended", found, grouped(counts.unmended));
}

void print_summary(const context& in, const rebuild_counts& counts, double seconds, bool check) {
  if (in.json) return in.out.json(dump(documents::json_of(counts, seconds)));
  const auto rate = static_cast<double>(counts.events) / std::max(seconds, 1e-6);
  in.out.line(fmt::format("routed {} again in {:.2f} s ({}/s), compared {}, {} and {}: {}",
                          counted(counts.events, "event"), seconds,
                          grouped(static_cast<std::uint64_t>(rate)), counted(counts.flows, "flow"),
                          counted(counts.postings, "posting"), counted(counts.timers, "timer"),
                          verdict(in, counts, check)));
}

/// The same by a daemon, which shows what it finds and how far it is in the same way.
result<rebuild_counts> work_by_daemon(const context& in, const error& why,
                                      const rebuild_options& options, lister& list, progress& bar) {
  daemon_call wanted{.target = "/v1/rebuild"};
  if (options.threads > 0) {
    wanted.arguments.emplace_back("threads", std::to_string(options.threads));
  }
  if (options.memory > 0) wanted.arguments.emplace_back("memory", std::to_string(options.memory));
  auto result =
      await_job(in, why, wanted,
                {.find = [&](const auto& subject, const auto& what) { list(subject, what); },
                 .tell = [&](auto done, auto total) { bar.tell(done, total); }});
  if (!result) return result.error();
  return documents::rebuild_counts_of(*result);
}

result<rebuild_counts> work(const context& in, const rebuild_options& options,
                            const rebuild_settings& settings, lister& list, progress& bar) {
  if (options.check) {
    auto from = in.open_store();
    if (!from) return from.error();
    return compare_derived(**from, in.known, settings);
  }
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return work_by_daemon(in, opened.error(), options, list, bar);
  auto counts = millrace::rebuild((*opened)->inside(), settings);
  (*opened)->stop();
  return counts;
}

}  // namespace

outcome rebuild(const context& in, const rebuild_options& options) {
  progress bar = in.long_work("routing again");
  lister list{in, bar};
  rebuild_settings settings{
      .may_use = {},
      .report = [&](const std::string& subject, const std::string& what) { list(subject, what); },
      .tell = [&](std::uint64_t done, std::uint64_t total) { bar.tell(done, total); }};
  settings.may_use.threads = static_cast<std::size_t>(options.threads);
  if (options.memory > 0) settings.may_use.memory = static_cast<std::size_t>(options.memory) << 20;
  auto counts = work(in, options, settings, list, bar);
  bar.wipe();
  list.finish();
  if (!counts) return counts.error();
  print_summary(in, *counts, bar.elapsed().count(), options.check);
  const bool is_well = options.check ? counts->differences == 0 : counts->unmended == 0;
  return is_well ? exit_code::done : exit_code::failed;
}

}  // namespace millrace::cli
