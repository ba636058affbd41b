// What a group makes of a history from elsewhere, and of its adoption.
#include <fmt/format.h>

#include "base/limits.hpp"
#include "engine/group.hpp"
#include "millrace/envelope.pb.h"
#include "wire/system_events.hpp"

namespace millrace {

result<void> group::check_positions(const import_request& request) const {
  position next = next_;
  for (const auto& each : request.events) {
    if (each.at < next) {
      return error{errc::conflict, fmt::format("position {} is taken: the timeline ends at {}",
                                               each.at.value, next.value)};
    }
    if (each.at.value > limits::position_max) {
      return error{errc::invalid, fmt::format("{} is no position", each.at.value)};
    }
    next = each.at.next();
  }
  return {};
}

result<void> group::add(const import_request& request) {
  if (auto ascending = check_positions(request); !ascending) return ascending;
  for (const auto& each : request.events) place(each);
  batch_.flows.insert(batch_.flows.end(), request.flows.begin(), request.flows.end());
  batch_.flow_types.insert(batch_.flow_types.end(), request.rows.begin(), request.rows.end());
  for (const auto& each : request.checkpoints) {
    const auto [known, fresh] = checkpoints_.emplace(each.flow, batch_.checkpoints.size());
    if (fresh) batch_.checkpoints.emplace_back();
    batch_.checkpoints[known->second] = {each.flow, each.checkpoint, each.state};
    size_ += each.state.size();
  }
  return {};
}

/// With the position and the time it had.
void group::place(const imported_event& one) {
  batch_.events.push_back({one.at, one.type, one.time, one.payload, one.envelope});
  size_ += one.type.size() + one.payload.size() + one.envelope.size();
  next_ = one.at.next();
  if (one.due) {
    schedule_entry entry{.at = one.at, .due = *one.due, .type = one.type, .inert = true};
    batch_.scheduled.push_back(entry);
    new_timers_.emplace(one.at, std::move(entry));
  }
  for (const auto at : one.leaves) unschedule(at);
}

/// What is skipped leaves with an event that says so: the schedule is a function of the timeline.
result<void> group::add(const timers_request& request) {
  for (const auto& each : request.activated) batch_.activated.push_back(each.at);
  activated_.insert(activated_.end(), request.activated.begin(), request.activated.end());
  if (request.skipped.empty()) return {};
  v1::TimersCancelled body;
  for (const auto at : request.skipped) {
    body.add_positions(at.value);
    unschedule(at);
  }
  place(timers_cancelled_type, texts_.emplace_back(body.SerializeAsString()), v1::Envelope{});
  return {};
}

}  // namespace millrace
