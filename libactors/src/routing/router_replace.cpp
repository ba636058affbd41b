// The part of the router that replaces what a rebuild found to be wrong.
#include <utility>

#include "base/invariant.hpp"
#include "routing/router.hpp"

namespace millrace {

result<router::replaced> router::replace(const flow_key& key, build_number build, position born,
                                         posting_run postings) {
  MILLRACE_INVARIANT(being_written_.empty() && being_replaced_.empty());
  auto found = known(key.text(), build);
  if (!found) return found.error();
  replaced made{.flow = *found, .fresh = {}};
  if (made.flow == nullptr) {
    if (postings.empty()) return made;
    flow_row fresh;
    fresh.entry = {flow_number{next_number_++}, key, born, build};
    made.fresh = fresh.entry;
    made.flow = &remember(std::move(fresh));
  }
  routed_flow& flow = *made.flow;
  flow.entry.born = born;
  if (std::exchange(flow.enlisted, false)) made.fresh = flow.entry;
  unwritten_count_ -= flow.unwritten.size();
  flow.unwritten.clear();
  flow.latest = postings.last();
  flow.replacing = true;
  replaced_.emplace_back(&flow, std::move(postings));
  dirty_ = true;
  return made;
}

result<bool> router::erase(const flow_key& key, build_number build) {
  auto found = known(key.text(), build);
  if (!found) return found.error();
  routed_flow* flow = *found;
  if (flow == nullptr) return true;
  if (flow->keep || flow->replacing || flow->enlisted) return false;
  erased_.push_back(flow->entry.number);
  std::erase(touched_, flow);
  unwritten_count_ -= flow->unwritten.size();
  flows_[build].erase(key.text());
  dirty_ = true;
  return true;
}

void router::replace(commit_batch::effects_rewrite effects) {
  replaced_effects_.push_back(std::move(effects));
  dirty_ = true;
}

void router::take_replaced(commit_batch& into) {
  for (auto& [flow, postings] : std::exchange(replaced_, {})) {
    being_replaced_.emplace_back(flow, postings.last());
    into.rewritten.push_back({flow->entry, std::move(postings)});
  }
  into.erased = erased_;
  into.rewritten_effects = std::exchange(replaced_effects_, {});
}

void router::replaced_written() {
  for (const auto& [flow, last] : std::exchange(being_replaced_, {})) {
    flow->written = last;
    flow->replacing = false;
  }
  erased_.clear();
}

}  // namespace millrace
