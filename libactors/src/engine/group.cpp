#include "engine/group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/invariant.hpp"
#include "base/limits.hpp"
#include "millrace/envelope.pb.h"
#include "wire/system_events.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

std::int64_t micros(timestamp time) { return time.time_since_epoch().count(); }

/// Whether there is nothing to say in an envelope.
bool is_plain(const new_event& wanted) {
  return wanted.id.empty() && wanted.content_type.empty() && wanted.correlation_id.empty() &&
         wanted.user.empty() && !wanted.cause && !wanted.due && wanted.headers.empty() &&
         !wanted.routes;
}

v1::Envelope envelope_of(const new_event& wanted) {
  v1::Envelope made;
  made.set_id(wanted.id);
  made.set_content_type(wanted.content_type);
  made.set_correlation_id(wanted.correlation_id);
  made.set_user(wanted.user);
  if (wanted.cause) made.set_cause(wanted.cause->value);
  if (wanted.due) made.set_due(micros(*wanted.due));
  for (const auto& each : wanted.headers) {
    auto& added = *made.add_headers();
    added.set_name(each.name);
    added.set_value(each.value);
  }
  if (wanted.routes) {
    auto& routes = *made.mutable_routes();
    for (const auto& key : *wanted.routes) routes.add_keys(key.text());
  }
  return made;
}

v1::Envelope envelope_of(const flow_key& emitter, const reaction& one) {
  v1::Envelope made;
  made.set_cause(one.cause.value);
  made.set_emitter(emitter.text());
  made.set_ordinal(one.ordinal);
  made.set_depth(one.depth);
  made.set_correlation_id(one.correlation_id);
  made.set_user(one.user);
  if (one.due) made.set_due(micros(*one.due));
  return made;
}

/// By their bytes, or by what these mean.
bool is_same(const type_registry& types, const new_event& wanted, const event_row& row) {
  if (row.type != wanted.type) return false;
  if (row.payload == wanted.payload) return true;
  v1::Envelope envelope;
  const auto size = static_cast<int>(row.envelope.size());
  if (!envelope.ParseFromArray(row.envelope.data(), size)) return false;
  const auto recorded = types.to_json(row.type, envelope.content_type(), row.payload);
  const auto meant = types.to_json(wanted.type, wanted.content_type, wanted.payload);
  return recorded && meant && *recorded == *meant;
}

error another_event(std::size_t index, std::string_view where) {
  return {errc::conflict,
          fmt::format("the id of event {} belongs to another event{}; nothing was appended",
                      index + 1, where)};
}

std::string shown(std::optional<position> at) {
  return at ? std::to_string(at->value) : std::string{"none"};
}

}  // namespace

group::group(group_surroundings around, position tail, timestamp now)
    : around_(around), begin_(tail), next_(tail), now_(now) {}

position group::place(std::string_view type, std::string_view payload,
                      const v1::Envelope& envelope) {
  const auto size = envelope.ByteSizeLong();
  if (size == 0) return place(type, payload, std::string_view{});
  char* const encoded = texts_.room(size);
  envelope.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(encoded));
  return place(type, payload, std::string_view{encoded, size});
}

position group::place(std::string_view type, std::string_view payload, std::string_view envelope) {
  const auto at = next_;
  batch_.events.push_back({at, type, now_, payload, envelope});
  size_ += type.size() + payload.size() + envelope.size();
  next_ = next_.next();
  return at;
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

result<std::vector<position>> group::add(const append_request& request) {
  if (!is_repeat(request)) {
    if (auto holds = check_condition(request); !holds) return holds.error();
  }
  if (auto same = check_ids(request); !same) return same.error();
  std::vector<position> positions;
  positions.reserve(request.events.size());
  for (const auto& wanted : request.events) {
    if (const auto before = find_id(wanted.id)) {
      positions.push_back(*before);
      continue;
    }
    const auto at = is_plain(wanted) ? place(wanted.type, wanted.payload, std::string_view{})
                                     : place(wanted.type, wanted.payload, envelope_of(wanted));
    positions.push_back(at);
    if (wanted.due) schedule(at, wanted.type, *wanted.due, nullptr, std::nullopt);
    if (wanted.id.empty()) continue;
    batch_.ids.push_back({wanted.id, at, now_});
    new_ids_.emplace(wanted.id, at);
  }
  return positions;
}

/// Where an event of this id is; none: nowhere, or the id is empty.
std::optional<position> group::find_id(const std::string& id) const {
  if (id.empty()) return std::nullopt;
  const auto known = new_ids_.find(id);
  return known == new_ids_.end() ? around_.ids.find(id) : std::optional{known->second};
}

/// Whether each id that is known, or comes twice, stands for the same event.
result<void> group::check_ids(const append_request& request) const {
  if (!request.compares) return {};
  std::unordered_map<std::string_view, std::size_t> own;
  known_events known;
  for (std::size_t i = 0; i < request.events.size(); ++i) {
    const auto& wanted = request.events[i];
    if (wanted.id.empty()) continue;
    const auto& first = request.events[own.emplace(wanted.id, i).first->second];
    if (const auto before = find_id(wanted.id)) {
      known.emplace(*before, i);
    } else if (first.type != wanted.type || first.payload != wanted.payload) {
      return another_event(i, "");
    }
  }
  return known.empty() ? result<void>{} : check_recorded(request, known);
}

/// One read for all of them: it holds up everybody.
result<void> group::check_recorded(const append_request& request, const known_events& known) const {
  result<void> outcome;
  const auto compare = [&](const event_row& row) {
    const auto [begin, end] = known.equal_range(row.at);
    const auto other = std::find_if(begin, end, [&](const auto& each) {
      return !is_same(around_.types, request.events[each.second], row);
    });
    if (other == end) return true;
    outcome = another_event(other->second, fmt::format(", at position {}", row.at.value));
    return false;
  };
  std::vector<position> stored;
  for (const auto& [at, event] : known) {
    if (at < begin_ && (stored.empty() || stored.back() != at)) stored.push_back(at);
  }
  if (auto read = around_.stored.fetch(stored, compare); !read) return read;
  if (known.rbegin()->first < begin_) return outcome;
  for (const auto& row : batch_.events) {
    if (!outcome || !compare(row)) break;
  }
  return outcome;
}

/// Whether all of it was appended before: then it was asked whether the condition held, and it did.
bool group::is_repeat(const append_request& request) const {
  return !request.events.empty() &&
         std::all_of(request.events.begin(), request.events.end(),
                     [this](const new_event& each) { return find_id(each.id).has_value(); });
}

result<void> group::check_condition(const append_request& request) const {
  if (request.conflict) return *request.conflict;
  if (request.condition.tail && *request.condition.tail != next_) {
    return error{errc::conflict,
                 fmt::format("the tail is {}, not {}", next_.value, request.condition.tail->value)};
  }
  if (!request.condition.flow_latest) return {};
  const auto& key = request.condition.flow_latest->flow;
  auto reached = reached_since(key, request.routed);
  if (!reached) return reached.error();
  if (*reached) {
    return error{errc::conflict, fmt::format("events for {} came after position {}", key.text(),
                                             shown(request.condition.flow_latest->at))};
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
  if (fresh) {
    batch_.checkpoints.push_back({request.flow, decided.checkpoint, decided.state});
  } else {
    auto& earlier = batch_.checkpoints[place->second];
    earlier.checkpoint = decided.checkpoint;
    if (decided.state) earlier.state = decided.state;
  }
  size_ += decided.state ? decided.state->size() : 0;
  return {};
}

void group::react(const flow_commit& request, const reaction& one) {
  const auto at = place(one.type, one.payload, envelope_of(request.key, one));
  if (one.due) schedule(at, one.type, *one.due, &request.key, one.cause);
}

void group::react(const flow_commit& request, const foreign_reaction& one) {
  const auto& what = one.what;
  auto envelope = envelope_of(what);
  envelope.set_emitter(request.key.text());
  envelope.set_ordinal(one.ordinal);
  envelope.set_depth(one.depth);
  const auto at = place(what.type, what.payload, envelope);
  if (what.due) schedule(at, what.type, *what.due, &request.key, what.cause);
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
  v1::Envelope envelope;
  envelope.set_cause(one.cause.value);
  envelope.set_emitter(request.key.text());
  place(timers_cancelled_type, texts_.copy(body.SerializeAsString()), envelope);
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
  const auto copy = [&](const event_row& row) {
    payload = texts_.copy(row.payload);
    envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
    return true;
  };
  for (const auto& row : batch_.events) {
    if (row.at == entry.at) copy(row);
  }
  if (!payload) {
    if (auto read = around_.stored.fetch(wanted, copy); !read) return read;
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
  place(texts_.copy(entry.type), *payload, envelope);
  unschedule(entry.at);
  return {};
}

void group::unschedule(position at) {
  batch_.unscheduled.push_back(at);
  unscheduled_.emplace(at, true);
}

}  // namespace millrace
