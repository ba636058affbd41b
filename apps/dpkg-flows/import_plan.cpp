#include "dpkg-flows/import_plan.hpp"

namespace dpkg_flows {

import_plan::import_plan(const ImportLedgerState& ledger) {
  for (const auto& [day, known] : ledger.days()) {
    days_.emplace(day, progress{.recorded = known.lines(),
                                .digest = known.digest(),
                                .first = {known.first()},
                                .last = {known.last()}});
  }
}

void import_plan::survey(const std::string& day, std::uint64_t digest) {
  auto& seen = days_[day];
  if (seen.surveyed < seen.recorded) seen.surveyed_digest += digest;
  ++seen.surveyed;
}

std::vector<import_plan::day_range> import_plan::unsettled() const {
  std::vector<day_range> ranges;
  for (const auto& [day, seen] : days_) {
    if (seen.surveyed > 0 && !seen.is_settled()) ranges.push_back({day, seen.first, seen.last});
  }
  return ranges;
}

void import_plan::recorded(const std::string& day, std::uint64_t digest) {
  ++days_[day].left[digest];
}

bool import_plan::is_new(const std::string& day, std::uint64_t digest) {
  auto& seen = days_[day];
  if (seen.is_settled()) return ++seen.passed > seen.recorded;
  const auto found = seen.left.find(digest);
  if (found == seen.left.end()) return true;
  if (--found->second == 0) seen.left.erase(found);
  return false;
}

}  // namespace dpkg_flows
