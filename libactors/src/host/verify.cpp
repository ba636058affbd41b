#include "host/verify.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {
namespace {

constexpr int snapshot_tries = 10;
constexpr std::size_t effects_cached = 4096;

result<std::vector<schedule_entry>> read_schedule(const store& from) {
  std::vector<schedule_entry> all;
  std::optional<std::pair<timestamp, position>> after;
  while (true) {
    auto page = from.schedule(store::timers::all, after, limits::behind_read_max);
    if (!page) return page;
    all.insert(all.end(), page->begin(), page->end());
    if (page->size() < limits::behind_read_max) return all;
    after = {page->back().due, page->back().at};
  }
}

}  // namespace

std::uint64_t verifier::mixed(position at, bool starts) {
  std::uint64_t x = at.value * 2 + (starts ? 1 : 0) + 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

void verifier::find(const std::string& subject, const std::string& what) {
  ++counts_.findings;
  report_(subject, what);
}

result<verify_counts> verifier::run() {
  auto damage = store_.check();
  if (!damage) return damage.error();
  for (const auto& one : *damage) find("store", one);
  if (auto done = take_snapshot(); !done) return done.error();
  auto imports = store_.imports();
  if (!imports) return imports.error();
  timeline_ = std::make_unique<timeline_check>(
      types_.registry, tail_, std::move(*imports),
      [this](const std::string& subject, const std::string& what) { find(subject, what); });
  if (auto done = route_afresh(); !done) return done.error();
  if (auto done = timeline_->finish(store_); !done) return done.error();
  counts_.events = timeline_->count();
  check_types();
  if (auto done = check_flows(); !done) return done.error();
  if (counts_.schedule_compared) check_schedule();
  if (auto done = check_ids(); !done) return done.error();
  return counts_;
}

/// Every change of the schedule comes with an event: when the tail stood still, what was read
/// between belongs to it.
result<void> verifier::take_snapshot() {
  for (int i = 0; i < snapshot_tries; ++i) {
    tail_ = store_.tail();
    auto entries = read_schedule(store_);
    if (!entries) return entries.error();
    schedule_ = std::move(*entries);
    counts_.schedule_compared = store_.tail() == tail_;
    if (counts_.schedule_compared) break;
  }
  counts_.timers = schedule_.size();
  auto routed = store_.routed();
  if (!routed) return routed.error();
  routed_ = std::min(*routed, tail_);
  auto types = store_.flow_types();
  if (!types) return types.error();
  builds_ = build_list{*types};
  for (auto& type : *types) {
    if (!type.retired()) stored_types_[type.name()] = std::move(type);
  }
  return {};
}

position verifier::cut_of(std::string_view type, bool is_explicit) const {
  const auto stored = stored_types_.find(type);
  const bool by_type = stored != stored_types_.end() && !stored->second.explicit_only();
  if (by_type && (is_explicit || types_.table.find(type)))
    return std::min(position{stored->second.routed()}, tail_);
  return is_explicit ? routed_ : position{};
}

position verifier::first_of(std::string_view type) const {
  const auto found = first_.find(type);
  return found == first_.end() ? position{} : found->second;
}

/// Everything from the beginning; a topic that asked for no history from where its routing began.
result<router::start> verifier::fresh_start() {
  router::start start;
  for (std::uint32_t i = 0; i < types_.table.types().size(); ++i) {
    const auto& type = *types_.table.types()[i];
    v1::FlowType fresh;
    fresh.set_name(type.name);
    fresh.set_version(static_cast<std::uint32_t>(type.version));
    if (types_.table.find(type.name) != i) {
      // An older version beside the newest: only the running build is looked at.
      fresh.set_build(UINT32_MAX - i);
      fresh.set_routed(tail_.value);
      start.types.push_back(std::move(fresh));
      continue;
    }
    const auto stored = stored_types_.find(type.name);
    const auto first = stored == stored_types_.end() ? tail_ : position{stored->second.since()};
    if (stored != stored_types_.end()) {
      fresh.set_build(stored->second.build());
      fresh.set_explicit_only(stored->second.explicit_only());
    }
    first_[type.name] = first;
    fresh.set_routed(first.value);
    start.types.push_back(std::move(fresh));
  }
  for (const auto& [name, stored] : stored_types_) {
    if (types_.table.find(name)) continue;
    v1::FlowType fresh = stored;
    fresh.set_explicit_only(true);
    start.types.push_back(std::move(fresh));
  }
  return start;
}

result<void> verifier::route_afresh() {
  auto start = fresh_start();
  if (!start) return start.error();
  router fresh{types_.table, std::move(*start),
               [this](const flow_key& key, build_number) { return look_up(key); }};
  return route_in_memory(
      fresh, {.from = store_,
              .types = types_.registry,
              .tail = tail_,
              .visit = [&](const auto& events,
                           const auto& routed) { return expect(fresh, events, routed); },
              .tell = tell_,
              .see_row = [this](const event_row& row) { timeline_->see(row); }});
}

/// The directory as this routing made it. A flow that is older than its type's routing is the
/// store's word.
result<std::optional<flow_row>> verifier::look_up(const flow_key& key) {
  const auto known = expected_.find(key.text());
  if (known != expected_.end()) {
    flow_row row;
    row.entry = {flow_number{}, key, known->second.born, builds_.running(key.type())};
    row.latest = known->second.latest;
    return std::optional{std::move(row)};
  }
  const position first = first_of(key.type());
  if (first == position{}) return std::optional<flow_row>{};
  auto stored = store_.find_flow(key, builds_.running(key.type()));
  if (!stored) return stored;
  if (!*stored || (*stored)->entry.born >= first) return std::optional<flow_row>{};
  expected_[key.text()].born = (*stored)->entry.born;
  (*stored)->latest.reset();
  return stored;
}

result<void> verifier::expect(router& fresh, const window& events, const routed_window& routed) {
  add_expected(events, routed);
  if (auto done = check_causes(events); !done) return done;
  return pass_known_failures(fresh, events, routed.parked);
}

/// Routing that failed and was skipped fails again, and is passed by again.
result<void> verifier::pass_known_failures(router& fresh, const window& events,
                                           const std::vector<std::string>& parked) {
  for (const auto& name : parked) {
    const auto stored = stored_types_.find(name);
    const auto at = fresh.running(name)->error_position();
    if (stored == stored_types_.end() || at >= stored->second.routed()) continue;
    const auto& skipped = stored->second.skipped();
    const bool known = std::any_of(skipped.begin(), skipped.end(),
                                   [&](const v1::Skipped& one) { return one.position() == at; });
    const bool forgotten = skipped.size() >= static_cast<int>(limits::skips_kept_max) &&
                           at < skipped.begin()->position();
    if (!known && !forgotten) {
      find("flow type " + name,
           fmt::format("event {} is routed in the store, but routing it fails: {}", at,
                       fresh.running(name)->error_message()));
    }
    if (auto passed = fresh.unpark(name, true); !passed) return passed;
    auto routed = fresh.route(events);
    if (!routed) return routed.error();
    add_expected(events, *routed);
    if (auto done = pass_known_failures(fresh, events, routed->parked); !done) return done;
  }
  return {};
}

/// Its routing failed once and was skipped; the code may have been mended since.
bool verifier::is_skipped(std::string_view type, position at) const {
  const auto stored = stored_types_.find(type);
  if (stored == stored_types_.end()) return false;
  const auto& skipped = stored->second.skipped();
  return std::any_of(skipped.begin(), skipped.end(),
                     [&](const v1::Skipped& one) { return one.position() == at.value; });
}

void verifier::add_expected(const window& events, const routed_window& routed) {
  for (const auto& entry : routed.started) {
    if (!is_skipped(entry.key.type(), entry.born)) expected_[entry.key.text()].born = entry.born;
  }
  for (const auto& delivery : routed.deliveries) {
    const auto& key = delivery.flow->entry.key;
    for (std::uint32_t i = 0; i < delivery.count; ++i) {
      const auto& entry = routed.entries[delivery.first + i];
      const event& what = events.events()[entry.index];
      if (is_skipped(key.type(), what.at)) continue;
      const auto known = expected_.find(key.text());
      // What began it here was skipped there: it begins with the next event that starts it.
      if (known == expected_.end() && !entry.starts) continue;
      if (known == expected_.end()) expected_[key.text()].born = what.at;
      auto& flow = expected_[key.text()];
      flow.latest = what.at;
      if (what.at >= cut_of(key.type(), what.envelope->has_routes())) continue;
      ++flow.count;
      flow.sum += mixed(what.at, entry.starts);
    }
  }
}

result<void> verifier::check_causes(const window& events) {
  for (const event& what : events.events()) {
    if (what.at >= routed_ || !what.envelope->has_cause()) continue;
    const position cause{what.envelope->cause()};
    if (cause >= what.at) continue;
    if (auto done = check_effects(cause, what.at); !done) return done;
  }
  return {};
}

result<void> verifier::check_effects(position cause, position at) {
  if (effects_.size() > effects_cached) effects_.clear();
  auto known = effects_.find(cause.value);
  if (known == effects_.end()) {
    auto read = store_.effects(cause);
    if (!read) return read.error();
    known = effects_.emplace(cause.value, std::move(*read)).first;
  }
  const auto& all = known->second;
  if (!std::binary_search(all.begin(), all.end(), at)) {
    find(fmt::format("event {}", at.value),
         fmt::format("the cause index does not list it among the effects of {}", cause.value));
  }
  if (all.size() < 2 || all.front() != at) return {};
  // Once for each cause: what else is listed there must be its effect too.
  return store_.fetch(all, [&](const event_row& row) {
    v1::Envelope envelope;
    envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
    if (!envelope.has_cause() || envelope.cause() != cause.value) {
      find(fmt::format("event {}", row.at.value),
           fmt::format("the cause index lists it among the effects of {}, which is not its cause",
                       cause.value));
    }
    return true;
  });
}

void verifier::check_types() {
  for (const auto& [name, type] : stored_types_) {
    const auto subject = "flow type " + name;
    if (type.has_error_position() && type.error_position() != type.routed()) {
      find(subject, fmt::format("is parked at {}, but routed before {}", type.error_position(),
                                type.routed()));
    }
  }
}

void verifier::check_schedule() {
  const auto& folded = timeline_->outstanding();
  std::map<position, const schedule_entry*> stored;
  for (const auto& entry : schedule_) {
    stored.emplace(entry.at, &entry);
    const auto expected = folded.find(entry.at);
    if (expected == folded.end()) {
      find(fmt::format("timer {}", entry.at.value),
           "is on the schedule, but the timeline says that it fired, was cancelled or never was");
    } else {
      check_entry(entry, expected->second);
    }
  }
  for (const auto& [at, entry] : folded) {
    if (!stored.contains(at)) {
      find(fmt::format("timer {}", at.value),
           fmt::format("{} is scheduled on the timeline, but is not on the schedule", entry.type));
    }
  }
}

void verifier::check_entry(const schedule_entry& stored, const schedule_entry& folded) {
  const bool set_alike =
      stored.flow == folded.flow && (stored.flow.empty() || stored.set_by == folded.set_by);
  if (stored.due == folded.due && stored.type == folded.type && set_alike) return;
  find(fmt::format("timer {}", stored.at.value),
       "the schedule's type, due time or flow is not that of its event");
}

result<void> verifier::check_ids() {
  auto ids = store_.recent_ids();
  if (!ids) return ids.error();
  std::map<position, std::string> wanted;
  std::vector<position> at;
  for (const auto& one : *ids) {
    if (one.at >= tail_) continue;
    wanted.emplace(one.at, one.id);
    if (!timeline_->has(one.at)) {
      find(fmt::format("event {}", one.at.value), "its id is remembered, but it does not exist");
    }
  }
  at.reserve(wanted.size());
  for (const auto& [position, id] : wanted) at.push_back(position);
  return store_.fetch(at, [&](const event_row& row) {
    v1::Envelope envelope;
    envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
    if (envelope.id() != wanted[row.at]) {
      find(fmt::format("event {}", row.at.value), "is remembered under an id that is not its own");
    }
    return true;
  });
}

}  // namespace millrace
