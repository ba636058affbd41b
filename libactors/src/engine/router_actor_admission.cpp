// Lag contracts: how many events may still come in before a flow is too far behind.
//
// What is found holds for as long as nobody looks again: a flow that is behind only gets on, and
// what comes to one that is not lies after all that is routed. So the journal needs one number, and
// a look is due when the tail comes near it.
#include <fmt/format.h>

#include <algorithm>

#include "engine/router_actor.hpp"

namespace millrace {

std::uint64_t residents::max_lag(const routed_flow& flow) const {
  return context_.max_lags.empty() || !flow.type ? 0 : context_.max_lags[*flow.type];
}

/// Where the flow's work begins when it is spawned for a repair.
position residents::first_to_repair(const routed_flow& flow, const repair_order& how) const {
  if (how.what == repair_order::kind::reset || max_lag(flow) == 0) return flow.entry.born;
  const auto row = context_.stored.find_flow(flow.entry.number);
  const bool known = row && row->has_value() && (*row)->checkpoint.has_error_position();
  return known ? position{(*row)->checkpoint.error_position()} : flow.entry.born;
}

/// None: it has no contract, has handled all it got, or is given its history only now.
std::optional<residents::furthest> residents::behind(const resident& one) const {
  const auto& flow = *one.flow;
  const auto most = max_lag(flow);
  if (most == 0 || core_.routed_to(*flow.type) != core_.head()) return std::nullopt;
  const auto handled = one.gate->handled.load();
  if (!flow.latest || handled > flow.latest->value) return std::nullopt;
  if (handled == 0 && !one.since) return std::nullopt;  // not loaded: where it is will be seen
  const auto first = std::max(handled, one.since.value_or(position{}).value);
  return furthest{.flow = &flow, .until = position{first + most}};
}

std::optional<residents::furthest> residents::furthest_behind() {
  if (last_furthest_) {
    const auto found = in_memory_.find(*last_furthest_);
    const auto now = found == in_memory_.end() ? std::nullopt : behind(found->second);
    if (now && now->until == last_until_) return now;
    last_furthest_.reset();
  }
  constexpr int looks_max = 8;  // it may commit after the look and before it is watched
  for (int look = 0;; ++look) {
    std::optional<furthest> found;
    const resident* which = nullptr;
    for (const auto& [number, one] : in_memory_) {
      const auto now = behind(one);
      if (!now || (found && found->until <= now->until)) continue;
      found = now;
      which = &one;
    }
    if (!found) return found;
    which->gate->watched = true;
    const auto again = behind(*which);
    if (look < looks_max && (!again || again->until != found->until)) continue;
    last_furthest_ = found->flow->entry.number;
    last_until_ = found->until;
    return found;
  }
}

void residents::expect(flow_number flow, position first) {
  const auto found = in_memory_.find(flow);
  if (found != in_memory_.end()) {
    found->second.since = first;
  } else {
    expected_[flow] = first;
  }
}

/// Where no flow runs, none has to keep up.
void router_actor::on_agreed(const lag_call& call) {
  if (const auto failure = context_.failure_now()) return (*call.answer)(*failure);
  if (flows_.close_lanes()) {  // how far flows of a lane are is known when they have left it
    if (agrees_) (*agrees_->answer)({});  // this one takes its place
    agrees_ = call;
    return;
  }
  const bool any = context_.run_flows && std::any_of(call.by_type.begin(), call.by_type.end(),
                                                     [](auto each) { return each > 0; });
  context_.max_lags = any ? call.by_type : std::vector<std::uint64_t>{};
  contracts_woken();
  if (auto found = find_backlogs(); !found) return (*call.answer)(found.error());
  admitted_until_ = {};
  look_at_contracts();
  (*call.answer)({});
}

/// What waited before there was a contract. Postings that are not in the store yet are of flows
/// that are in memory.
result<void> router_actor::find_backlogs() {
  if (context_.max_lags.empty()) return {};
  struct backlog {
    flow_number flow{};
    std::optional<position> checkpoint;
    std::uint64_t most = 0;
  };
  std::vector<backlog> left;
  auto read = context_.stored.pending([&](const flow_row& row) {
    const auto type = context_.interest.find(row.entry.key.type());
    if (!type || context_.max_lags[*type] == 0 || !core_.runs(row.entry)) return true;
    left.push_back({row.entry.number, {}, context_.max_lags[*type]});
    if (row.checkpoint.has_position()) left.back().checkpoint = position{row.checkpoint.position()};
    return true;
  });
  if (!read) return read;
  for (const auto& each : left) {
    auto first = context_.stored.postings(each.flow, each.checkpoint, 1);
    if (!first) return first.error();
    if (first->empty()) continue;
    flows_.expect(each.flow, first->front().at);
    const position until{first->front().at.value + each.most};
    if (!to_wake_.empty()) until_woken_ = until_woken_ ? std::min(*until_woken_, until) : until;
  }
  return {};
}

void router_actor::contracts_woken() {
  flows_.expect_none();
  until_woken_.reset();
}

/// Of the types that are routed and run; none: no contract is in force.
std::optional<std::uint64_t> router_actor::smallest_contract() const {
  std::optional<std::uint64_t> smallest;
  for (std::uint32_t type = 0; type < context_.max_lags.size(); ++type) {
    const auto& row = core_.progress(type);
    const auto most = context_.max_lags[type];
    if (most == 0 || row.has_error_position() || row.inert()) continue;
    smallest = smallest ? std::min(*smallest, most) : most;
  }
  return smallest;
}

void router_actor::look_at_contracts() {
  const auto smallest = smallest_contract();
  if (!smallest) return admit_until(unplaced, nullptr);
  if (context_.writes.tail().value + *smallest / 2 < admitted_until_.value) return;
  position until{core_.head().value + *smallest};
  const routed_flow* behind = nullptr;
  if (const auto found = flows_.furthest_behind(); found && found->until < until) {
    until = found->until;
    behind = found->flow;
  }
  if (until_woken_) until = std::min(until, *until_woken_);
  admit_until(until, behind);
}

void router_actor::admit_until(position until, const routed_flow* behind) {
  if (until == admitted_until_) return;
  admitted_until_ = until;
  context_.writes.admit_until(
      until, fmt::format("{} further behind than appends may find it; try again",
                         behind == nullptr ? "a flow is" : behind->entry.key.text() + " is"));
}

}  // namespace millrace
