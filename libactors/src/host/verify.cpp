#include "host/verify.hpp"

#include <fmt/format.h>

#include <algorithm>

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
  comparison with_routing{{.from = store_,
                           .plan = plan,
                           .may_use = {.ends = ends_},
                           .report = [this](const std::string& subject,
                                            const std::string& what) { find(subject, what); },
                           .tell = tell_}};
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
