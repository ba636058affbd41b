// The part of the router that has what it derived written.
#include <algorithm>
#include <utility>

#include "base/invariant.hpp"
#include "routing/router.hpp"

namespace millrace {
namespace {

/// Lists whose memory is on its way while one is copied.
constexpr std::size_t fetched_ahead = 16;

}  // namespace

commit_batch router::take_unwritten() {
  MILLRACE_INVARIANT(being_written_.empty());
  commit_batch made;
  take_replaced(made);
  take_postings(made);
  take_progress(made);
  return made;
}

/// In the order of their numbers: neighbours of the store's pages are written after each other.
std::vector<routed_flow*> router::take_touched() {
  std::vector<std::pair<flow_number, routed_flow*>> numbered;
  numbered.reserve(touched_.size());
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    if (i + fetched_ahead < touched_.size()) __builtin_prefetch(touched_[i + fetched_ahead]);
    touched_[i]->listed_ = false;
    numbered.emplace_back(touched_[i]->entry.number, touched_[i]);
  }
  touched_.clear();
  std::sort(numbered.begin(), numbered.end());
  std::vector<routed_flow*> in_order;
  in_order.reserve(numbered.size());
  for (const auto& [number, flow] : numbered) in_order.push_back(flow);
  return in_order;
}

void router::take_postings(commit_batch& into) {
  const auto all = take_touched();
  into.postings.reserve(all.size(), unwritten_.size());
  const auto ahead = [&](std::size_t i) { return i < all.size() ? all[i] : nullptr; };
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (const auto* far = ahead(i + 3 * fetched_ahead)) far->unwritten.fetch();
    if (const auto* next = ahead(i + 2 * fetched_ahead)) next->unwritten.fetch_slice();
    if (const auto* near = ahead(i + fetched_ahead)) near->unwritten.fetch_entries();
    auto* flow = all[i];
    if (flow->unwritten.empty()) continue;  // they are in another inbox now
    into.postings.begin_flow(flow->entry.number);
    flow->unwritten.each([&](posting one) {
      into.postings.add(one);
      return true;
    });
    being_written_.push_back({flow, unwritten_postings::taken(flow->unwritten), *flow->latest});
  }
  unwritten_.take();
}

void router::take_progress(commit_batch& into) {
  if (!std::is_sorted(effects_.begin(), effects_.end())) {
    std::sort(effects_.begin(), effects_.end());
  }
  into.effects = std::exchange(effects_, {});
  for (const auto* type : progress_) into.flow_types.push_back(*type);
  for (const auto* type : std::exchange(put_, {})) into.flow_types.push_back(*type);
  into.routed = routed_;
  into.dropped = std::exchange(dropped_, {});
  dirty_ = false;
}

void router::written() {
  replaced_written();
  for (const auto& [flow, through, last] : std::exchange(being_written_, {})) {
    flow->written = last;
    unwritten_.drop(flow->unwritten, through);
  }
  unwritten_.drop_taken();
}

std::map<std::pair<std::string, build_number>, position> router::unwritten_latest() const {
  std::map<std::pair<std::string, build_number>, position> latest;
  const auto add = [&](const routed_flow& flow) {
    latest.emplace(std::pair{flow.entry.key.text(), flow.entry.build}, *flow.latest);
  };
  for (const auto* flow : touched_) {
    if (!flow->unwritten.empty()) add(*flow);
  }
  for (const auto& each : being_written_) add(*each.flow);
  return latest;
}

}  // namespace millrace
