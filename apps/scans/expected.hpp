/// What flows have to come to, from a recorded timeline alone: for tests that do not trust the
/// engine. One plain loop over the events, in order of positions: no store, no inbox, no runner, no
/// batches.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "millrace/flow.hpp"
#include "scans/scans.hpp"

namespace scans {

/// A recorded event. `cause`, `emitter` and `from_schedule` as in host_test::recorded.
struct recorded_event {
  millrace::position at;
  std::string type;
  millrace::timestamp time;
  std::string payload;
  std::optional<millrace::position> cause;
  std::string emitter;                     ///< empty: from outside, or the firing of a timer
  bool from_schedule = false;              ///< the firing of the entry at `cause`
  std::optional<millrace::timestamp> due;  ///< set: an entry of the schedule, that nobody observes
};

struct expected_run {
  /// Deterministic bytes of the state of each living instance, by key. A topic that is done, and an
  /// instance that was never started, is not among them.
  std::map<std::string, std::string, std::less<>> states;
  /// Where the recorded reactions are not the decisions, one sentence each: missing, double,
  /// changed or invented ones. Empty when all topics have caught up and all went well.
  std::vector<std::string> violations;
};

/// By flow type: it observes nothing before this position.
using beginnings = std::map<std::string, millrace::position, std::less<>>;
/// Events that somebody had a flow pass by, by key.
using skipped_events = std::map<std::string, std::set<millrace::position>, std::less<>>;

/// Runs these flow types over the timeline. Without explicit routes and imports.
[[nodiscard]] expected_run expected(std::span<const recorded_event> timeline,
                                    std::vector<millrace::flow_type> types,
                                    skipped_events skipped = {}, beginnings since = {});
/// The scan shop's.
[[nodiscard]] expected_run expected(std::span<const recorded_event> timeline,
                                    shop_settings settings = {});

}  // namespace scans
