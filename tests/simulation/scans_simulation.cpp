// Random histories of the scan shop against an oracle. MILLRACE_SEED=N plays that one and tells
// what it does; MILLRACE_RUNS=N plays so many, from the seed on.
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
       {"append on condition", "crash", "full disk", "read", "retry", "stop", "unpark"}) {
    INFO("how often in all: " << what);
    CHECK(did[what] >= 20);
  }
}
