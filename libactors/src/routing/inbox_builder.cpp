#include "routing/inbox_builder.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "millrace/envelope.pb.h"
#include "wire/system_events.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

constexpr std::size_t failures_kept_max = 100;  // of each type

}  // namespace

std::uint64_t hash_of_span(std::uint64_t span) {
  const std::string_view bytes{reinterpret_cast<const char*>(&span), sizeof span};
  return hash_of(bytes);
}

inbox_builder::inbox_builder(const routing_plan& plan, hash_range keeps)
    : plan_(plan), keeps_(keeps), flows_(plan) {}

void inbox_builder::watch(std::string_view key) {
  flows_.watch(key);
  watches_ = true;
}

void inbox_builder::watch_span(std::uint64_t span) {
  spans_[span];
  flows_.watch_none_else();
  watches_ = true;
}

void inbox_builder::add(const event_row& row) {
  ++events_;
  const bool whole = read_envelope(row.envelope);
  if (envelope_.cause && plan_.effects().holds(row.at)) add_effect({*envelope_.cause, row.at});
  note_timers(row);
  if (!envelope_.has_routes) return route_by_type(row, whole);
  for (const auto key : envelope_.keys()) aim(key, nullptr, {row.at, true});
}

void inbox_builder::note_timers(const event_row& row) {
  if (envelope_.due) timers_.set.push_back(row.at);
  if (envelope_.from_schedule && envelope_.cause) timers_.ended.push_back(*envelope_.cause);
  if (row.type != timers_cancelled_type) return;
  v1::TimersCancelled body;
  if (!body.ParseFromArray(row.payload.data(), static_cast<int>(row.payload.size()))) return;
  for (const auto at : body.positions()) timers_.ended.push_back({at});
}

/// False: it does not decode, and counts as empty.
bool inbox_builder::read_envelope(std::string_view bytes) {
  if (read_usual(bytes, envelope_)) return true;
  if (!rewrite(bytes, rewritten_)) {
    envelope_ = {};
    return false;
  }
  read_rewritten(rewritten_, envelope_);
  return true;
}

inbox_builder::known_event& inbox_builder::event_of(std::string_view type) {
  const auto place = reinterpret_cast<std::uintptr_t>(type.data());
  auto*& recent = recent_[(place >> 4) % recent_events];
  if (recent != nullptr && recent->name == type) return *recent;
  auto found = known_.find(std::string{type});
  if (found == known_.end()) {
    found = known_.emplace(type, known_event{std::string{type}, plan_.table().observers(type), {}})
                .first;
    if (const auto* prototype = plan_.types().find(type))
      found->second.body.reset(prototype->New());
  }
  recent = &found->second;
  return *recent;
}

void inbox_builder::route_by_type(const event_row& row, bool whole) {
  auto& known = event_of(row.type);
  if (known.observers.empty() || envelope_.is_entry()) return;
  event what;
  for (const auto type : known.observers) {
    const auto* scope = plan_.typed(type);
    if (scope == nullptr || !scope->range.holds(row.at)) continue;
    if (what.envelope == nullptr) fill(row, known, whole, what);
    route_to(type, what);
  }
}

/// The event as a route() sees it.
void inbox_builder::fill(const event_row& row, known_event& known, bool whole, event& what) {
  what = {.at = row.at,
          .type = known.name,
          .time = row.time,
          .payload = row.payload,
          .envelope = &envelope_};
  if (known.body && whole && decode_payload(what.content_type(), row.payload, *known.body)) {
    what.body = known.body.get();
  }
}

void inbox_builder::route_to(std::uint32_t type, const event& what) {
  const flow_type& observer = *plan_.table().types()[type];
  if (auto routed = route_typed(observer, what, made_); !routed) {
    return fail(type, what.at, routed.error().message);
  }
  for (const auto& target : made_.targets()) {
    key_.assign(observer.name);
    if (!observer.single) key_.append(1, '|').append(target.id);
    aim(key_, plan_.typed(type), {what.at, target.starts});
  }
}

void inbox_builder::fail(std::uint32_t type, position at, std::string_view message) {
  if (plan_.typed(type)->skips(at)) return;
  const auto known = std::count_if(failures_.begin(), failures_.end(),
                                   [&](const failure& one) { return one.type == type; });
  if (static_cast<std::size_t>(known) >= failures_kept_max) return;
  failures_.push_back({type, at, to_utf8(message, limits::error_message_size_max)});
}

void inbox_builder::aim(std::string_view key, const routed_scope* typed, posting added) {
  const auto hash = hash_of(key);
  if (!keeps_.holds(hash)) return;
  flows_.add(key, hash, typed, added);
}

void inbox_builder::add_effect(effect added) {
  const auto span = effect_span(added.cause);
  if (last_span_.first != span || last_span_.second == nullptr) {
    if (!keeps_.holds(hash_of_span(span)) || (watches_ && !spans_.contains(span))) return;
    last_span_ = {span, &spans_[span]};
  }
  auto& pairs = *last_span_.second;
  const auto before = pairs.capacity();
  append_varint(pairs, added.cause.value % effect_span_causes);
  append_varint(pairs, zigzag(static_cast<std::int64_t>(added.at.value - added.cause.value)));
  spans_held_ += pairs.capacity() - before;
}

void inbox_builder::narrow(hash_range keeps) {
  keeps_ = keeps;
  flows_.keep_if([&](const gathered_flow& one) { return keeps_.holds(one.hash()); });
  std::erase_if(spans_, [&](const auto& one) { return !keeps_.holds(hash_of_span(one.first)); });
  last_span_ = {UINT64_MAX, nullptr};
  spans_held_ = 0;
  for (const auto& [span, pairs] : spans_) spans_held_ += pairs.capacity();
}

}  // namespace millrace
