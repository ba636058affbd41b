// verify: the whole store against itself.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "documents/event.hpp"
#include "documents/text.hpp"
#include "host/verify.hpp"

namespace millrace::cli {
namespace {

void print_summary(const context& in, const verify_counts& counts) {
  if (in.json) {
    in.out.json(dump({{"events", counts.events},
                      {"flows", counts.flows},
                      {"postings", counts.postings},
                      {"timers", counts.timers},
                      {"findings", counts.findings}}));
    return;
  }
  const auto verdict = counts.findings == 0
                           ? in.out.paint(colour::green, "nothing wrong")
                           : in.out.paint(colour::red, counted(counts.findings, "finding"));
  in.out.line(fmt::format("checked {}, {}, {} and {}: {}", counted(counts.events, "event"),
                          counted(counts.flows, "flow"), counted(counts.postings, "posting"),
                          counted(counts.timers, "timer"), verdict));
}

}  // namespace

outcome verify(const context& in) {
  auto from = in.open_store();
  if (!from) return from.error();
  progress bar = in.long_work("verifying");
  const auto report = [&](const std::string& subject, const std::string& what) {
    bar.wipe();
    if (in.json) {
      in.out.json(dump({{"subject", subject}, {"finding", what}}));
    } else {
      in.out.line(inert(subject + ": " + what));
    }
  };
  verifier check{**from, in.known, report,
                 [&](std::uint64_t done, std::uint64_t total) { bar.tell(done, total); }};
  auto counts = check.run();
  if (!counts) return counts.error();
  bar.wipe();
  print_summary(in, *counts);
  return counts->findings == 0 ? exit_code::done : exit_code::failed;
}

}  // namespace millrace::cli
