#include "host/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "host/comparison.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {

void verifier::find(const std::string& subject, const std::string& what) {
  ++counts_.findings;
  report_(subject, what);
}

result<verify_counts> verifier::run() {
  auto damage = store_.check();
  if (!damage) return damage.error();
  for (const auto& one : *damage) find("store", one);
  auto checked = check_all();
  // What cannot be read is a finding as well; what comes behind it is not looked at.
  if (!checked && checked.error().code != errc::corrupt) return checked.error();
  if (!checked) find("store", checked.error().message + "; the rest is not checked");
  return counts_;
}

result<void> verifier::check_all() {
  if (auto done = take_snapshot(); !done) return done;
  if (auto done = check_timeline(); !done) return done;
  if (auto done = compare_derived(); !done) return done;
  check_types();
  if (auto done = check_flows(); !done) return done;
  return check_ids();
}

/// In events, as if there were nothing but the timeline to read. Comparing a flow, and looking at
/// it, take about as long as eight events each (measured with flows of two events).
void verifier::tell(part at, std::uint64_t done, std::uint64_t of_all) const {
  if (!tell_ || tail_.value == 0 || of_all == 0) return;
  const auto flows = 8 * flows_;
  const std::array<std::uint64_t, 4> ends{0, tail_.value, 2 * tail_.value + flows,
                                          2 * (tail_.value + flows)};
  const auto begin = ends[static_cast<std::size_t>(at)];
  const auto end = ends[static_cast<std::size_t>(at) + 1];
  const auto share = std::min(1.0, static_cast<double>(done) / static_cast<double>(of_all));
  const auto reached = static_cast<double>(begin) + share * static_cast<double>(end - begin);
  const auto events = reached / static_cast<double>(ends.back()) * static_cast<double>(tail_.value);
  tell_(static_cast<std::uint64_t>(events), tail_.value);
}

result<void> verifier::take_snapshot() {
  tail_ = store_.tail();
  auto routed = store_.routed();
  if (!routed) return routed.error();
  auto types = store_.flow_types();
  if (!types) return types.error();
  builds_ = build_list{*types};
  for (const auto& type : *types) {
    if (!type.retired()) stored_types_[type.name()] = type;
  }
  auto flows = store_.flow_count();
  if (!flows) return flows.error();
  flows_ = *flows;
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
    tell(part::timeline, row.at.value, tail_.value);
    return !ends_ || !ends_();
  });
  if (!read) return read;
  if (ends_ && ends_()) return error{errc::closed, "it was ended before it was done"};
  counts_.events = timeline_->count();
  return timeline_->finish(store_);
}

/// Inboxes, directory, cause index and schedule.
result<void> verifier::compare_derived() {
  const routing_plan plan{types_.table, types_.registry, moment_};
  comparison with_routing{
      {.from = store_,
       .plan = plan,
       .may_use = {.ends = ends_},
       .report = [this](const std::string& subject,
                        const std::string& what) { find(subject, what); },
       .tell = [this](auto done, auto all) { tell(part::derived, done, all); }}};
  auto counts = with_routing.run();
  if (!counts) return counts.error();
  counts_.postings = counts->postings;
  counts_.timers = counts->timers;
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
