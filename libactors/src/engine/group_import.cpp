// What a group makes of a history from elsewhere, and of its adoption.
#include <fmt/format.h>

#include "base/limits.hpp"
#include "engine/group.hpp"
#include "millrace/envelope.pb.h"
#include "wire/system_events.hpp"

namespace millrace {

/// A stretch that was refused leaves no hole: what comes after it is refused too.
result<void> group::check_fence(const import_request& request) const {
  if (!request.progress) return {};
  auto all = around_.stored.imports();
  if (!all) return all.error();
  all->insert(all->end(), batch_.imports.begin(), batch_.imports.end());
  std::uint64_t present = 0;
  for (const auto& each : *all) {
    if (each.number() == request.progress->number()) present = each.offset();
  }
  if (present == request.continues_at) return {};
  return error{errc::conflict, fmt::format("the source is imported up to byte {}, not {}", present,
                                           request.continues_at)};
}

result<void> group::check_positions(const import_request& request) const {
  position next = next_;
  for (const auto& each : request.events) {
    if (each.at < next) {
      return error{errc::conflict, fmt::format("position {} is taken: the timeline ends at {}",
                                               each.at.value, next.value)};
    }
    if (each.at.value > limits::imported_position_max) {
      return error{errc::invalid, fmt::format("position {} leaves no room for what comes after it; "
                                              "the limit is {}",
                                              each.at.value, limits::imported_position_max)};
    }
    next = each.at.next();
  }
  return {};
}

result<void> group::add(const import_request& request) {
  if (auto fenced = check_fence(request); !fenced) return fenced;
  if (auto ascending = check_positions(request); !ascending) return ascending;
  batch_.needs_flush = true;
  place(request);
  for (const auto& each : request.scheduled) {
    auto& entry = batch_.scheduled.emplace_back(each);
    entry.inert = true;
    new_timers_.emplace(entry.at, entry);
  }
  for (const auto at : request.unscheduled) unschedule(at);
  batch_.ids.insert(batch_.ids.end(), request.ids.begin(), request.ids.end());
  if (request.progress) batch_.imports.push_back(*request.progress);
  batch_.flows.insert(batch_.flows.end(), request.flows.begin(), request.flows.end());
  batch_.flow_types.insert(batch_.flow_types.end(), request.rows.begin(), request.rows.end());
  for (const auto& each : request.checkpoints) {
    const auto [known, fresh] = checkpoints_.emplace(each.flow, batch_.checkpoints.size());
    if (fresh) batch_.checkpoints.emplace_back();
    batch_.checkpoints[known->second] = {each.flow, each.checkpoint, each.state};
    imported_.push_back(each.flow);
    size_ += each.state.size();
  }
  return {};
}

/// With the positions and the times they had.
void group::place(const import_request& request) {
  if (request.events.empty()) return;
  batch_.events.insert(batch_.events.end(), request.events.begin(), request.events.end());
  std::size_t size = 0;
  for (const auto& each : request.events) {
    size += each.type.size() + each.payload.size() + each.envelope.size();
  }
  size_ += size;
  texts_size_ += size;
  keep(request.owner);
  next_ = request.events.back().at.next();
}

/// What is skipped leaves with an event that says so: the schedule is a function of the timeline.
result<void> group::add(const timers_request& request) {
  batch_.needs_flush = true;
  for (const auto& each : request.activated) batch_.activated.push_back(each.at);
  activated_.insert(activated_.end(), request.activated.begin(), request.activated.end());
  for (const auto at : request.removed) unschedule(at);
  for (const auto& entry : request.added) {
    batch_.scheduled.push_back(entry);
    new_timers_.emplace(entry.at, entry);
  }
  if (request.skipped.empty()) return {};
  v1::TimersCancelled body;
  for (const auto at : request.skipped) {
    body.add_positions(at.value);
    unschedule(at);
  }
  place(timers_cancelled_type, copy(body.SerializeAsString()), envelope_fields{});
  return {};
}

}  // namespace millrace
