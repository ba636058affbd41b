#include "host/verify.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "host/comparison.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {
namespace {

constexpr int snapshot_tries = 10;

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

void verifier::find(const std::string& subject, const std::string& what) {
  ++counts_.findings;
  report_(subject, what);
}

result<verify_counts> verifier::run() {
  auto damage = store_.check();
  if (!damage) return damage.error();
  for (const auto& one : *damage) find("store", one);
  if (auto done = take_snapshot(); !done) return done.error();
  if (auto done = check_timeline(); !done) return done.error();
  if (auto done = compare_derived(); !done) return done.error();
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
  auto types = store_.flow_types();
  if (!types) return types.error();
  builds_ = build_list{*types};
  for (const auto& type : *types) {
    if (!type.retired()) stored_types_[type.name()] = type;
  }
  moment_ = {.rows = std::move(*types), .routed = *routed, .tail = tail_};
  return {};
}

result<void> verifier::check_timeline() {
  auto imports = store_.imports();
  if (!imports) return imports.error();
  // Types of other programs: what their route() says is not known, explicit routes are.
  std::map<std::string, position, std::less<>> foreign;
  for (const auto& [name, row] : stored_types_) {
    if (!row.explicit_only() && !types_.table.find(name)) foreign[name] = position{row.routed()};
  }
  timeline_ = std::make_unique<timeline_check>(
      types_.registry, tail_, std::move(*imports), std::move(foreign),
      [this](const std::string& subject, const std::string& what) { find(subject, what); });
  auto read = store_.scan({}, tail_, [this](const event_row& row) {
    timeline_->see(row);
    if (tell_) tell_(row.at.value, tail_.value);
    return true;
  });
  if (!read) return read;
  counts_.events = timeline_->count();
  return timeline_->finish(store_);
}

/// Inboxes, directory and cause index.
result<void> verifier::compare_derived() {
  const routing_plan plan{types_.table, types_.registry, moment_};
  comparison with_routing{{.from = store_,
                           .plan = plan,
                           .report = [this](const std::string& subject,
                                            const std::string& what) { find(subject, what); },
                           .tell = tell_}};
  auto counts = with_routing.run();
  if (!counts) return counts.error();
  counts_.postings = counts->postings;
  return {};
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
