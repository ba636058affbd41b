#include "engine/group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/invariant.hpp"
#include "base/limits.hpp"
#include "millrace/envelope.pb.h"
#include "wire/system_events.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

envelope_fields envelope_of(const flow_key& emitter, const reaction& one) {
  return {.cause = one.cause,
          .correlation_id = one.correlation_id,
          .user = one.user,
          .due = one.due,
          .emitter = emitter.text(),
          .ordinal = one.ordinal,
          .depth = one.depth};
}

std::string shown(std::optional<position> at) {
  return at ? std::to_string(at->value) : std::string{"none"};
}

}  // namespace

group::group(group_surroundings around, position tail, timestamp now)
    : around_(around), begin_(tail), next_(tail), now_(now) {
  batch_.needs_flush = false;  // until something asks for it
}

position group::place(std::string_view type, std::string_view payload,
                      const v1::Envelope& envelope) {
  const auto size = envelope.ByteSizeLong();
  char* const encoded = cut(size);
  envelope.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(encoded));
  return place(type, payload, std::string_view{encoded, size});
}

position group::place(std::string_view type, std::string_view payload,
                      const envelope_fields& envelope) {
  const auto size = encoded_size(envelope);
  if (size == 0) return place(type, payload, std::string_view{});
  char* const encoded = cut(size);
  encode(envelope, encoded);
  return place(type, payload, std::string_view{encoded, size});
}

position group::place(std::string_view type, std::string_view payload, std::string_view envelope) {
  const auto at = next_;
  batch_.needs_flush = true;
  batch_.events.push_back({at, type, now_, payload, envelope});
  const auto size = type.size() + payload.size() + envelope.size();
  size_ += size;
  texts_size_ += size;
  next_ = next_.next();
  return at;
}

char* group::cut(std::size_t size) {
  char* const room = around_.texts.cut(size);
  keep(around_.texts.owner());
  return room;
}

std::string_view group::copy(std::string_view text) {
  if (text.empty()) return {};
  return {static_cast<const char*>(std::memcpy(cut(text.size()), text.data(), text.size())),
          text.size()};
}

/// Requests that follow each other mostly share one.
void group::keep(const std::shared_ptr<const void>& owner) {
  if (owners_.empty() || owners_.back() != owner) owners_.push_back(owner);
}

void group::schedule(position at, std::string_view type, timestamp due, const flow_key* flow,
                     std::optional<position> set_by) {
  schedule_entry entry{.at = at,
                       .due = due,
                       .type = std::string{type},
                       .flow = flow == nullptr ? std::string{} : flow->text(),
                       .set_by = set_by};
  batch_.scheduled.push_back(entry);
  new_timers_.emplace(at, std::move(entry));
}

result<std::vector<position>> group::add(encoded_append& request) {
  if (request.terms) {
    if (auto hold = check_terms(request); !hold) return hold.error();
  }
  auto positions = std::move(request.positions);
  for (const auto& wanted : request.events) {
    if (const auto before = find_id(wanted.id)) {
      positions.push_back(*before);
      continue;
    }
    const auto at = place(wanted.type, wanted.payload, wanted.envelope);
    positions.push_back(at);
    if (wanted.due) schedule(at, wanted.type, *wanted.due, nullptr, std::nullopt);
    if (wanted.id.empty()) continue;
    batch_.ids.push_back({std::string{wanted.id}, at, now_});
    new_ids_.emplace(wanted.id, at);
  }
  keep(request.owner);
  return positions;
}

result<void> group::check_terms(const encoded_append& request) const {
  if (!is_repeat(request)) {
    if (auto holds = check_condition(*request.terms); !holds) return holds;
  }
  return request.terms->compares ? check_ids(request) : result<void>{};
}

result<void> group::check_condition(const append_terms& terms) const {
  if (terms.conflict) return *terms.conflict;
  if (terms.condition.tail && *terms.condition.tail != next_) {
    return error{errc::conflict,
                 fmt::format("the tail is {}, not {}", next_.value, terms.condition.tail->value)};
  }
  if (!terms.condition.flow_latest) return {};
  const auto& key = terms.condition.flow_latest->flow;
  auto reached = reached_since(key, terms.routed);
  if (!reached) return reached.error();
  if (*reached) {
    return error{errc::conflict, fmt::format("events for {} came after position {}", key.text(),
                                             shown(terms.condition.flow_latest->at))};
  }
  return {};
}

/// Whether an event at or after `since`, committed or in this group, could reach the flow.
result<bool> group::reached_since(const flow_key& key, position since) const {
  bool reached = false;
  const auto look = [&](const event_row& row) {
    window_builder one{around_.types, row.at};
    one.add(row.at, row.type, row.time, row.payload, row.envelope);
    const auto built = one.finish(row.at.next());
    reached = reached || may_reach(around_.interest, built->events().front(), key);
    return !reached;
  };
  if (since < begin_) {
    if (auto read = around_.stored.scan(since, begin_, look); !read) return read.error();
  }
  for (const auto& row : batch_.events) {
    if (row.at >= since) look(row);
  }
  return reached;
}

result<void> group::check_fence(const flow_commit& request) const {
  std::optional<position> present;
  if (const auto here = checkpoints_.find(request.flow); here != checkpoints_.end()) {
    const auto& checkpoint = batch_.checkpoints[here->second].checkpoint;
    if (checkpoint.has_position()) present = position{checkpoint.position()};
  } else if (const auto known = around_.fences.find(request.flow)) {
    present = *known;
  } else {
    auto row = around_.stored.find_flow(request.flow);
    if (!row) return row.error();
    if (*row && (*row)->checkpoint.has_position()) {
      present = position{(*row)->checkpoint.position()};
    }
  }
  if (present == request.expected) return {};
  return error{errc::conflict, fmt::format("the checkpoint of {} is {}, not {}", request.key.text(),
                                           shown(present), shown(request.expected))};
}

result<void> group::add(const flow_commit& request) {
  if (auto fenced = check_fence(request); !fenced) return fenced;
  if (request.elsewhere) {
    for (const auto& one : *request.elsewhere) react(request, one);
  }
  const auto& decided = request.decided;
  if (!request.follows || request.elsewhere) batch_.needs_flush = true;
  auto cancelled = decided.cancellations.begin();
  for (const auto& one : decided.reactions) {
    for (; cancelled != decided.cancellations.end() && cancelled->cause < one.cause; ++cancelled) {
      if (auto done = cancel(request, *cancelled); !done) return done;
    }
    react(request, one);
  }
  for (; cancelled != decided.cancellations.end(); ++cancelled) {
    if (auto done = cancel(request, *cancelled); !done) return done;
  }
  const auto [place, fresh] = checkpoints_.emplace(request.flow, batch_.checkpoints.size());
  auto& its = fresh ? batch_.checkpoints.emplace_back() : batch_.checkpoints[place->second];
  its.flow = request.flow;
  its.checkpoint = decided.checkpoint;
  if (decided.state) its.state = decided.state;
  size_ += decided.state ? decided.state->size() : 0;
  return {};
}

void group::react(const flow_commit& request, const reaction& one) {
  const auto type = copy(one.type);
  const auto at = place(type, copy(one.payload), envelope_of(request.key, one));
  if (one.due) schedule(at, type, *one.due, &request.key, one.cause);
}

void group::react(const flow_commit& request, const foreign_reaction& one) {
  const auto& what = one.what;
  auto envelope = envelope_of(what);
  envelope.emitter = request.key.text();
  envelope.ordinal = one.ordinal;
  envelope.depth = one.depth;
  const auto type = copy(what.type);
  const auto at = place(type, copy(what.payload), envelope);
  if (what.due) schedule(at, type, *what.due, &request.key, what.cause);
}

result<void> group::cancel(const flow_commit& request, const cancellation& one) {
  auto found = outstanding(request.key, one);
  if (!found) return found.error();
  if (found->empty()) return {};
  v1::TimersCancelled body;
  for (const auto at : *found) {
    body.add_positions(at.value);
    unschedule(at);
  }
  place(timers_cancelled_type, copy(body.SerializeAsString()),
        envelope_fields{.cause = one.cause, .emitter = request.key.text()});
  return {};
}

/// Timers of the flow that an event before the cancelling one set; this group's own ones included.
result<std::vector<position>> group::outstanding(const flow_key& flow,
                                                 const cancellation& one) const {
  auto entries = around_.stored.timers_of(flow);
  if (!entries) return entries.error();
  for (const auto& [at, entry] : new_timers_) {
    if (entry.flow == flow.text()) entries->push_back(entry);
  }
  std::vector<position> found;
  for (const auto& entry : *entries) {
    const bool of_type = one.type.empty() || entry.type == one.type;
    if (of_type && entry.set_by && *entry.set_by < one.cause && !unscheduled_.contains(entry.at)) {
      found.push_back(entry.at);
    }
  }
  return found;
}

result<std::optional<schedule_entry>> group::find_entry(position at) const {
  if (unscheduled_.contains(at)) return std::optional<schedule_entry>{};
  if (const auto here = new_timers_.find(at); here != new_timers_.end()) {
    return std::optional{here->second};
  }
  return around_.stored.scheduled(at);
}

result<void> group::add(const fire_request& request) {
  for (const auto at : request.due) {
    auto entry = find_entry(at);
    if (!entry) return entry.error();
    if (!entry->has_value()) continue;
    if (auto fired = fire(**entry); !fired) return fired;
  }
  return {};
}

/// Appends a copy of the scheduled event and takes the entry off the schedule.
result<void> group::fire(const schedule_entry& entry) {
  v1::Envelope envelope;
  std::optional<std::string_view> payload;
  const std::array<position, 1> wanted{entry.at};
  const auto take = [&](const event_row& row) {
    payload = copy(row.payload);
    envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
    return true;
  };
  for (const auto& row : batch_.events) {
    if (row.at == entry.at) take(row);
  }
  if (!payload) {
    if (auto read = around_.stored.fetch(wanted, take); !read) return read;
  }
  if (!payload) {
    return error{errc::corrupt, fmt::format("the schedule names position {}, which holds no event",
                                            entry.at.value)};
  }
  envelope.clear_id();
  envelope.clear_due();
  envelope.clear_emitter();
  envelope.clear_ordinal();
  envelope.set_from_schedule(true);
  envelope.set_cause(entry.at.value);
  if (!entry.flow.empty()) {
    envelope.mutable_timer()->set_flow(entry.flow);
    envelope.mutable_timer()->set_cause(entry.set_by.value_or(position{}).value);
  }
  place(copy(entry.type), *payload, envelope);
  unschedule(entry.at);
  return {};
}

void group::unschedule(position at) {
  batch_.unscheduled.push_back(at);
  unscheduled_.emplace(at, true);
}

}  // namespace millrace
