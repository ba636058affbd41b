// Random histories of the scan shop against an oracle. MILLRACE_SEED=N plays that one and tells
// what it does; MILLRACE_RUNS=N plays so many, from the seed on.
// Beside the store in memory one on a disk is given each commit, and killed and closed with it: in
// the end both say the same.
//
// That it can fail was tried with mutations of the engine, by hand; each of these was found:
//   reactions skipped, written twice, or without their checkpoint; a checkpoint without its
//   reactions; own words folded twice; a posting observed twice, lost at a flush, or left out when
//   a flow is taken on; the spent state kept after a failure; retry that skips; a parked event
//   passed by; pending flows not woken; done that does not end; acknowledged before the commit;
//   ids forgotten at a restart; conditions ignored; what waits for a full disk lost; timers that
//   stay after firing, outlive their flow, or do not survive a restart; void firings observed;
//   replay without own words, without those not in the cause index yet, or before postings are
//   written.
// And of the hand-over to live: postings left out, or given again, when a flow is taken on; taken
// on as live though more is unwritten; a queue from the time of loading that does not follow the
// checkpoint; a type that lags routed by the windows at the tail; routed one too far; a window of
// history one too long, or begun one too late.
// Not found, since nothing else breaks with it: no fence, while each flow has one actor; a delivery
// that was seen before, what the checkpoint covers already, and what was posted before a crash,
// which are each kept out twice; deliveries that need not follow each other. Found by
// scenario/hand_over_races.cpp: that nobody asks, when a flow is taken on, whether more was written
// since it looked. Out of reach, since it takes more than 131,072 waiting events: flows that are
// pushed out of memory.
#include <catch2/catch.hpp>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "oracle.hpp"
#include "shop_run.hpp"

namespace {

constexpr std::uint64_t first_seed = 1;
constexpr std::uint64_t runs = 60;

std::optional<std::uint64_t> from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::nullopt : std::optional<std::uint64_t>{std::stoull(text)};
}

}  // namespace

TEST_CASE("after any history every event is handled exactly once, and all follows from them") {
  const auto chosen = from_environment("MILLRACE_SEED");
  const auto first = chosen.value_or(first_seed);
  const auto count = from_environment("MILLRACE_RUNS").value_or(chosen ? 1 : runs);
  std::map<std::string, std::uint64_t> did;
  for (auto seed = first; seed < first + count; ++seed) {
    INFO("play it again with MILLRACE_SEED=" << seed);
    millrace::simulation::shop_run run{seed, count == 1};
    run.play();
    std::string found;
    for (const auto& each : millrace::simulation::findings(run)) found += each + '\n';
    CHECK(found == "");
    for (const auto& [what, often] : run.counts()) did[what] += often;
  }
  if (count < runs) return;
  for (const auto* what :
       {"append on condition", "crash", "full disk", "program", "read", "rebuild", "reset",
        "reset of a type", "retry", "skip", "start", "stop", "switch", "unpark"}) {
    INFO("how often in all: " << what);
    CHECK(did[what] >= 20);
  }
}

// 9129, 9385: a topic began anew while the write of what its former result was routed was under
// way, and took for decided what that had not handled. Each goes wrong in one order of commits.
// 20041: after a crash a topic began anew before anything was routed, and took itself for caught
// up.
TEST_CASE("histories that once went wrong go right") {
  for (const std::uint64_t seed : {9129, 9385, 20041}) {
    INFO("play it again with MILLRACE_SEED=" << seed);
    millrace::simulation::shop_run run{seed, false};
    run.play();
    std::string found;
    for (const auto& each : millrace::simulation::findings(run)) found += each + '\n';
    CHECK(found == "");
  }
}
