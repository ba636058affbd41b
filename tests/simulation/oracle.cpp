#include "oracle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "host/host_parts.hpp"
#include "host/verify.hpp"
#include "millrace/envelope.pb.h"
#include "store/builds.hpp"

namespace millrace::simulation {
namespace {

constexpr std::string_view timers_cancelled = "millrace.TimersCancelled";

bool is_of_the_system(std::string_view type) { return type.starts_with("millrace."); }

/// One look at a finished run.
class inquiry {
 public:
  explicit inquiry(shop_run& run)
      : run_(run), test_(run.test()), store_(*test_.running().inside().stored) {}

  std::vector<std::string> all() {
    found_ = run_.findings();
    found_.insert(found_.end(), run_.appends().findings().begin(), run_.appends().findings().end());
    flows_ = test_.flows();
    timeline_ = test_.timeline();
    check_positions();
    check_appends();
    check_conditions();
    check_ordinals();
    check_states();
    check_schedule();
    check_store();
    const auto on_disk = run_.differences_on_disk();
    found_.insert(found_.end(), on_disk.begin(), on_disk.end());
    return std::move(found_);
  }

 private:
  void check_positions();
  void check_appends();
  void check_conditions();
  void check_ordinals();
  void check_states();
  void check_schedule();
  void fold_schedule(const host_test::recorded& one);
  void leave_schedule(position entry, const host_test::recorded& by);
  void check_store();

  void expect(bool holds, const std::string& otherwise) {
    if (!holds) found_.push_back(otherwise);
  }

  shop_run& run_;
  host_test& test_;
  const store& store_;
  std::vector<flow_summary> flows_;
  std::vector<host_test::recorded> timeline_;
  std::map<position, host_test::recorded> outstanding_;  ///< what is due some time
  std::set<std::string, std::less<>> living_;
  std::vector<std::string> found_;
};

void inquiry::check_positions() {
  for (std::size_t i = 0; i < timeline_.size(); ++i) {
    const auto& one = timeline_[i];
    expect(one.at.value == i, fmt::format("position {} is the event number {}", one.at.value, i));
    expect(i == 0 || timeline_[i - 1].time <= one.time,
           fmt::format("{} is older than the event before it", i));
    expect(!one.cause || *one.cause < one.at, fmt::format("{} is before its cause", i));
  }
}

/// What came from outside is what was acknowledged, each once, where the answer said.
void inquiry::check_appends() {
  std::map<std::string, position> seen;
  const auto& known = run_.appends().acknowledgements();
  auto read = store_.scan({}, store_.tail(), [&](const event_row& row) {
    v1::Envelope envelope;
    envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
    if (!envelope.emitter().empty() || envelope.from_schedule()) return true;
    const bool is_new = seen.emplace(envelope.id(), row.at).second;
    expect(is_new, fmt::format("{} is on the timeline twice", envelope.id()));
    const auto wanted = known.find(envelope.id());
    const bool same = wanted != known.end() && wanted->second.at == row.at &&
                      wanted->second.what.type == row.type &&
                      wanted->second.what.payload == row.payload;
    expect(same, fmt::format("{} at {} is not as acknowledged", envelope.id(), row.at.value));
    return true;
  });
  expect(read.has_value(), "the timeline cannot be read");
  expect(seen.size() == known.size(),
         fmt::format("{} of {} acknowledged events are there", seen.size(), known.size()));
}

void inquiry::check_conditions() {
  const auto scanner = describe<scans::smart_scanner>();
  for (const auto& [condition, at] : run_.appends().conditionals()) {
    if (condition.tail) {
      expect(*condition.tail == at, fmt::format("{} was not at the expected tail", at.value));
      continue;
    }
    const auto& latest = condition.flow_latest->at;
    for (auto i = latest ? latest->value + 1 : 0; i < at.value; ++i) {
      const bool reached =
          !timeline_[i].due && scanner.find(timeline_[i].type) < scanner.observes.size();
      expect(!reached, fmt::format("{} came to a flow before the conditional {}", i, at.value));
    }
  }
}

/// Reactions of one cause are numbered from 0, without a gap and each once.
void inquiry::check_ordinals() {
  std::map<std::pair<std::string, std::uint64_t>, std::vector<std::uint32_t>> ordinals;
  auto read = store_.scan({}, store_.tail(), [&](const event_row& row) {
    v1::Envelope envelope;
    envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()));
    if (envelope.emitter().empty() || is_of_the_system(row.type)) return true;
    ordinals[{envelope.emitter(), envelope.cause()}].push_back(envelope.ordinal());
    return true;
  });
  expect(read.has_value(), "the timeline cannot be read");
  for (const auto& [of, numbers] : ordinals) {
    for (std::uint32_t i = 0; i < numbers.size(); ++i) {
      expect(numbers[i] == i, fmt::format("reaction {} of {} to {} has the ordinal {}", i, of.first,
                                          of.second, numbers[i]));
    }
  }
}

/// Every state is the fold of the timeline, every decision is recorded, and nothing waits.
void inquiry::check_states() {
  const auto skips = skipped(test_);
  const auto& program = run_.flows_of();
  const auto folded =
      scans::expected(recorded(test_, store_.tail()), program.newest(), skips, program.since());
  found_.insert(found_.end(), folded.violations.begin(), folded.violations.end());
  std::set<std::string, std::less<>> listed;
  for (const auto& flow : flows_) {
    const auto& name = flow.key.text();
    listed.insert(name);
    expect(flow.status == flow_status::idle, name + " is not idle: " + flow.error_message);
    const auto skipped_here = skips.find(name);
    expect(flow.skipped == (skipped_here == skips.end() ? 0 : skipped_here->second.size()),
           name + " does not know what it skipped");
    const auto state = test_.running().read(flow.key);
    const auto wanted = folded.states.find(name);
    if (wanted == folded.states.end()) {
      expect(!state && state.error().code == errc::not_found, name + " must have ended");
    } else {
      expect(state && state->state == wanted->second, name + " is not the fold of its events");
      expect(state && !state->frozen && state->version == program.newest_version(flow.key.type()),
             name + " is not shown in its newest version");
    }
  }
  for (const auto& [name, state] : folded.states) {
    living_.insert(name);
    expect(listed.contains(name), name + " is not there");
  }
}

void inquiry::check_schedule() {
  for (const auto& one : timeline_) fold_schedule(one);
  std::vector<std::tuple<timestamp, position>> wanted;
  for (const auto& [at, entry] : outstanding_) {
    wanted.emplace_back(*entry.due, at);
    expect(*entry.due > test_.now(), fmt::format("the timer at {} did not fire", at.value));
    expect(living_.contains(entry.emitter),
           fmt::format("the timer at {} outlived its flow {}", at.value, entry.emitter));
  }
  std::sort(wanted.begin(), wanted.end());
  const auto stored = test_.schedule();
  const bool equal =
      std::equal(wanted.begin(), wanted.end(), stored.begin(), stored.end(),
                 [](const auto& entry, position at) { return std::get<position>(entry) == at; });
  expect(equal, fmt::format("the schedule has {} entries, and not the {} of the timeline",
                            stored.size(), wanted.size()));
}

void inquiry::fold_schedule(const host_test::recorded& one) {
  if (one.from_schedule) {
    leave_schedule(one.cause.value_or(one.at), one);
  } else if (one.type == timers_cancelled) {
    v1::TimersCancelled body;
    body.ParseFromString(one.payload);
    for (const auto at : body.positions()) leave_schedule(position{at}, one);
  } else if (one.due) {
    outstanding_.emplace(one.at, one);
  }
}

void inquiry::leave_schedule(position entry, const host_test::recorded& by) {
  const auto found = outstanding_.find(entry);
  if (found == outstanding_.end()) {
    found_.push_back(
        fmt::format("{} takes {} off the schedule, which is not on it", by.at.value, entry.value));
    return;
  }
  const auto& timer = found->second;
  if (by.from_schedule) {
    expect(by.time >= *timer.due, fmt::format("{} fired too early", by.at.value));
    expect(by.type == timer.type && by.payload == timer.payload && by.emitter.empty(),
           fmt::format("{} is not a copy of {}", by.at.value, entry.value));
  } else {
    expect(by.emitter == timer.emitter, fmt::format("{} cancels a foreign timer", by.at.value));
  }
  outstanding_.erase(found);
}

/// Derived data included: verify routes the whole timeline afresh.
void inquiry::check_store() {
  const auto low = store_.check();
  expect(low.has_value(), "the store cannot be checked");
  if (low) found_.insert(found_.end(), low->begin(), low->end());
  interest_table::type_list types;
  for (const auto& type : run_.flows_of().hosted())
    types.push_back(std::make_shared<const flow_type>(type));
  const auto known = known_types::of(types);
  expect(known.has_value(), "the flow types contradict each other");
  if (!known) return;
  verifier check{store_,
                 **known,
                 [this](const std::string& subject, const std::string& what) {
                   found_.push_back("verify: " + subject + ": " + what);
                 },
                 {}};
  expect(check.run().has_value(), "the store cannot be verified");
}

/// Of each type the build that `which` says.
std::vector<flow_row> flows_of_builds(host_test& test,
                                      build_number (build_list::*which)(std::string_view) const) {
  const auto& stored = *test.running().inside().stored;
  const build_list builds{*stored.flow_types()};
  std::vector<flow_row> rows;
  static_cast<void>(stored.flows({}, [&](const flow_row& row) {
    if ((builds.*which)(row.entry.key.type()) == row.entry.build) rows.push_back(row);
    return true;
  }));
  return rows;
}

scans::skipped_events skips_of(const std::vector<flow_row>& rows) {
  scans::skipped_events all;
  for (const auto& row : rows) {
    for (const auto& one : row.checkpoint.skipped()) {
      all[row.entry.key.text()].insert(position{one.position()});
    }
  }
  return all;
}

}  // namespace

std::vector<scans::recorded_event> recorded(host_test& test, position end) {
  std::vector<scans::recorded_event> all;
  for (auto& one : test.timeline()) {
    if (one.at >= end) break;
    if (is_of_the_system(one.type)) continue;
    all.push_back({.at = one.at,
                   .type = std::move(one.type),
                   .time = one.time,
                   .payload = std::move(one.payload),
                   .cause = one.cause,
                   .emitter = std::move(one.emitter),
                   .from_schedule = one.from_schedule,
                   .due = one.due});
  }
  return all;
}

std::vector<flow_row> stored_flows(host_test& test) {
  return flows_of_builds(test, &build_list::running);
}

scans::skipped_events skipped(host_test& test) {
  return skips_of(flows_of_builds(test, &build_list::running));
}

scans::skipped_events skipped_as_served(host_test& test) {
  return skips_of(flows_of_builds(test, &build_list::served));
}

std::vector<std::string> findings(shop_run& run) { return inquiry{run}.all(); }

}  // namespace millrace::simulation
