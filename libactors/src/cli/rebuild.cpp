// rebuild: derived data again from the timeline.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "documents/event.hpp"
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
  const auto found = in.out.paint(colour::red, counted(counts.differences, "difference"));
  if (check) return found;
  if (counts.unmended == 0) return found + ", mended";
  return fmt::format("{}, {} of them not mended", found, grouped(counts.unmended));
}

void print_summary(const context& in, const rebuild_counts& counts, double seconds, bool check) {
  const auto rate = static_cast<double>(counts.events) / std::max(seconds, 1e-6);
  if (in.json) {
    in.out.json(dump({{"events", counts.events},
                      {"flows", counts.flows},
                      {"postings", counts.postings},
                      {"effects", counts.effects},
                      {"timers", counts.timers},
                      {"passes", counts.passes},
                      {"differences", counts.differences},
                      {"mended", counts.mended},
                      {"unmended", counts.unmended},
                      {"seconds", seconds},
                      {"rate", rate}}));
    return;
  }
  in.out.line(fmt::format("routed {} again in {:.2f} s ({}/s), compared {}, {} and {}: {}",
                          counted(counts.events, "event"), seconds,
                          grouped(static_cast<std::uint64_t>(rate)), counted(counts.flows, "flow"),
                          counted(counts.postings, "posting"), counted(counts.timers, "timer"),
                          verdict(in, counts, check)));
}

result<rebuild_counts> work(const context& in, bool check, const rebuild_settings& settings) {
  if (check) {
    auto from = in.open_store();
    if (!from) return from.error();
    return compare_derived(**from, in.known, settings);
  }
  auto opened = in.open_host({.run_flows = false}, false);
  if (!opened) return opened.error();
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
  auto counts = work(in, options.check, settings);
  bar.wipe();
  list.finish();
  if (!counts) return counts.error();
  print_summary(in, *counts, bar.elapsed().count(), options.check);
  const bool is_well = options.check ? counts->differences == 0 : counts->unmended == 0;
  return is_well ? exit_code::done : exit_code::failed;
}

}  // namespace millrace::cli
