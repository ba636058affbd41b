// Which flows are in lanes, and how they come out of them.
#include <algorithm>

#include "engine/residents.hpp"

namespace millrace {

/// Its flows only fold, and do not say themselves that they take long.
bool residents::suits_lane(const flow_type& type) const {
  const bool waits = type.options.runs_on_own_thread && context_.own_threads;
  return !type.topic && !waits;
}

bool residents::lanes_are_empty() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const lane& one) { return one.is_empty(); });
}

/// One that has an actor with nothing to do leaves that for the lane.
bool residents::may_join(const routed_flow& flow, const deliver& what) {
  if (!flow.type || is_quick_[*flow.type] == 0 || !core_.runs(flow)) return false;
  if (flow.given_up || lane_of(flow).is_closing() || max_lag(flow) > 0) return false;
  if (leaving(flow.entry) != nullptr || expected_.contains(flow.entry.number)) return false;
  const auto found = in_memory_.find(flow.entry.number);
  if (found == in_memory_.end()) return true;
  const auto& one = found->second;
  const auto end_of_former = what.previous ? what.previous->value + 1 : 0;
  return one.live && !one.waking && one.sent == one.gate->consumed &&
         one.gate->handled >= end_of_former;
}

void residents::join(routed_flow& flow, bool fresh, const deliver& what) {
  if (const auto found = in_memory_.find(flow.entry.number); found != in_memory_.end()) {
    erase(found);
    fresh = false;
  }
  make_room_in_lanes();
  lane_of(flow).join(flow, whom_,
                     {.flow = flow.entry,
                      .fresh = fresh,
                      .previous = what.previous,
                      .formers = core_.formers(*flow.type),
                      .accepts_recorded = core_.progress(*flow.type).accept_recorded()});
}

/// Of all that is not closing anyway the largest goes.
void residents::make_room_in_lanes() {
  std::size_t held = 0;
  lane* largest = nullptr;
  for (auto& each : lanes_) {
    if (each.is_closing()) continue;
    held += each.size();
    if (largest == nullptr || each.size() > largest->size()) largest = &each;
  }
  if (held >= context_.bounds.lane_flows) largest->empty();
}

void residents::look_at_lanes() {
  for (auto& each : lanes_) each.look();
}

bool residents::is_in_lanes(const window_lease& what) {
  look_at_lanes();
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](const lane& one) { return one.goes_on_to(what); });
}

bool residents::close_lanes() {
  const bool any = !lanes_are_empty();
  for (auto& each : lanes_) each.close();
  return any;
}

/// Of all versions of a type; how many of them are not empty yet.
std::size_t residents::close_lanes(std::string_view type) {
  std::size_t left = 0;
  for (const auto version : context_.interest.versions(type)) {
    left += lanes_[version].is_empty() ? 0 : 1;
    lanes_[version].close();
  }
  return left;
}

std::vector<std::pair<flow_key, build_number>> residents::on_lane_news(const lane_news& news,
                                                                       router& core) {
  if (news.is_slow) is_quick_[news.type] = 0;
  std::vector<std::pair<flow_key, build_number>> to_wake;
  if (news.emptied) to_wake = lanes_[news.type].emptied();
  for (const auto& [key, build] : news.given_up) {
    const auto found = core.find(key, build);
    if (!found) {
      context_.fail(found.error());
      return {};
    }
    if (*found == nullptr) continue;
    (*found)->given_up = true;
    if ((*found)->in_lane && !lane_of(**found).give_up(**found)) continue;
    to_wake.emplace_back(key, build);
  }
  if (!news.closed) return to_wake;
  is_quick_[news.type] = suits_lane(*context_.interest.types()[news.type]);
  const auto rest = lanes_[news.type].closed();
  to_wake.insert(to_wake.end(), rest.begin(), rest.end());
  std::vector<flow_number> waiting;
  for (const auto& [flow, how] : repairs_) {
    if (!how.first->in_lane && !in_memory_.contains(flow)) waiting.push_back(flow);
  }
  for (const auto flow : waiting) repair_waiting(flow);
  return to_wake;
}

}  // namespace millrace
