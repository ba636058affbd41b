#include "routing/inbox_builder.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "millrace/envelope.pb.h"
#include "wire/system_events.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

constexpr std::size_t first_slots = 1024;
constexpr std::size_t failures_kept_max = 100;  // of each type
constexpr std::size_t flow_overhead = 32;       // its slots and what the allocator adds
constexpr std::size_t settled_at_once = 64;     // wait for the memory together
constexpr std::size_t cache_line = 64;

std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t eight_at(const char* from, std::size_t size) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, size);
  return word;
}

}  // namespace

std::uint64_t hash_of(std::string_view text) {
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15u;
  std::uint64_t hash = text.size() * factor;
  while (text.size() > 8) {
    hash = std::rotl((hash ^ eight_at(text.data(), 8)) * factor, 29);
    text.remove_prefix(8);
  }
  return mixed((hash ^ eight_at(text.data(), text.size())) * factor);
}

std::uint64_t hash_of_span(std::uint64_t span) { return mixed(span + 0x9e3779b97f4a7c15u); }

inbox_builder::inbox_builder(const routing_plan& plan, hash_range keeps)
    : plan_(plan), keeps_(keeps), slots_(first_slots) {}

void inbox_builder::watch(std::string_view key) {
  watches_ = false;
  intern(key, hash_of(key));
  watches_ = true;
}

void inbox_builder::watch_span(std::uint64_t span) {
  spans_[span];
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
  targets_.clear();
  if (auto routed = route_typed(observer, what, made_, targets_); !routed) {
    return fail(type, what.at, routed.error().message);
  }
  for (const auto& target : targets_) {
    key_.assign(observer.name);
    if (!observer.single) key_.append(1, '|').append(target.id);
    aim(key_, plan_.typed(type), {what.at, target.starts});
  }
}

void inbox_builder::fail(std::uint32_t type, position at, std::string message) {
  if (plan_.typed(type)->skips(at)) return;
  const auto known = std::count_if(failures_.begin(), failures_.end(),
                                   [&](const failure& one) { return one.type == type; });
  if (static_cast<std::size_t>(known) >= failures_kept_max) return;
  failures_.push_back({type, at, to_utf8(message, limits::error_message_size_max)});
}

void inbox_builder::aim(std::string_view key, const routed_scope* typed, posting added) {
  const auto hash = hash_of(key);
  if (!keeps_.holds(hash)) return;
  __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  aimed_.push_back({keys_.size(), key.size(), hash, typed, added});
  keys_ += key;
  if (aimed_.size() == settled_at_once) settle();
}

/// A posting meets four places that are in no cache, each known from the one before: its slot, its
/// flow, the flow's key and the end of its run. They are asked for in rounds, for all of the
/// postings at once. The first to be found in a slot is mostly the right one.
void inbox_builder::settle() {
  const auto first_found = [this](const aimed& one) -> const flow* {
    const auto found = slots_[one.hash & (slots_.size() - 1)].flow;
    return found == 0 ? nullptr : &flows_[found - 1];
  };
  for (const auto& one : aimed_) {
    const auto* found = first_found(one);
    __builtin_prefetch(found);
    __builtin_prefetch(reinterpret_cast<const char*>(found) + cache_line);
  }
  for (const auto& one : aimed_) {
    const auto* found = first_found(one);
    if (found == nullptr) continue;
    __builtin_prefetch(found->key.data());
    const auto coded = found->run.coded();
    __builtin_prefetch(coded.data() + coded.size(), 1);
  }
  for (const auto& one : aimed_) post(one);
  aimed_.clear();
  keys_.clear();
}

/// An explicit route reaches every build of the type, its own route() the build it belongs to.
void inbox_builder::post(const aimed& one) {
  const auto key = std::string_view{keys_}.substr(one.key, one.size);
  for (flow* to = intern(key, one.hash); to != nullptr;
       to = to->sibling == 0 ? nullptr : &flows_[to->sibling - 1]) {
    const bool reaches =
        one.typed == nullptr ? to->scope->holds_explicit(one.added.at) : to->scope == one.typed;
    if (reaches) post(*to, one.added);
  }
}

void inbox_builder::post(flow& to, posting added) {
  if (to.run.last() == added.at) return;  // named twice
  const auto before = to.run.bytes_held();
  to.run.append(added);
  held_ += to.run.bytes_held() - before;
}

std::size_t inbox_builder::slot_of(std::string_view key, std::uint64_t hash) const {
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const auto mask = slots_.size() - 1;
  auto at = static_cast<std::size_t>(hash) & mask;
  for (; slots_[at].flow != 0; at = (at + 1) & mask) {
    if (slots_[at].tag == tag && flows_[slots_[at].flow - 1].key == key) break;
  }
  return at;
}

const inbox_builder::flow* inbox_builder::find(std::string_view key, std::uint64_t hash,
                                               build_number build) const {
  MILLRACE_INVARIANT(aimed_.empty());
  auto next = slots_[slot_of(key, hash)].flow;
  while (next != 0 && flows_[next - 1].scope->build != build) next = flows_[next - 1].sibling;
  return next == 0 ? nullptr : &flows_[next - 1];
}

/// The key's first build. Null: it is not watched.
inbox_builder::flow* inbox_builder::intern(std::string_view key, std::uint64_t hash) {
  auto found = slots_[slot_of(key, hash)].flow;
  if (found == 0 && watches_) return nullptr;
  if (found == 0) {
    insert(key, hash);
    found = slots_[slot_of(key, hash)].flow;
  }
  return &flows_[found - 1];
}

void inbox_builder::insert(std::string_view key, std::uint64_t hash) {
  const auto first = flows_.size();
  for (const auto& scope : plan_.scopes_of(key.substr(0, key.find('|')))) {
    if (flows_.size() > first)
      flows_.back().sibling = static_cast<std::uint32_t>(flows_.size() + 1);
    flows_.push_back({std::string{key}, hash, &scope, 0, {}});
    held_ += sizeof(flow) + key.size() + flow_overhead;
  }
  slots_[slot_of(key, hash)] = {static_cast<std::uint32_t>(hash >> 32),
                                static_cast<std::uint32_t>(first + 1)};
  if (flows_.size() * 2 > slots_.size()) grow(slots_.size() * 2);
}

void inbox_builder::grow(std::size_t slots) {
  slots_.assign(slots, {});
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    auto& free = slots_[slot_of(flows_[i].key, flows_[i].hash)];
    if (free.flow != 0) continue;  // a later build
    free = {static_cast<std::uint32_t>(flows_[i].hash >> 32), static_cast<std::uint32_t>(i + 1)};
  }
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
  held_ += pairs.capacity() - before;
}

void inbox_builder::narrow(hash_range keeps) {
  settle();
  keeps_ = keeps;
  std::erase_if(flows_, [&](const flow& one) { return !keeps_.holds(one.hash); });
  // Builds of a key lie side by side, and stay or go together.
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    if (flows_[i].sibling != 0) flows_[i].sibling = static_cast<std::uint32_t>(i + 2);
  }
  std::erase_if(spans_, [&](const auto& one) { return !keeps_.holds(hash_of_span(one.first)); });
  last_span_ = {UINT64_MAX, nullptr};
  grow(slots_.size());
  held_ = 0;
  for (const auto& one : flows_) {
    held_ += sizeof(flow) + one.key.size() + flow_overhead + one.run.bytes_held();
  }
  for (const auto& [span, pairs] : spans_) held_ += pairs.capacity();
}

}  // namespace millrace
