/// What adopting an imported flow type does: to its flows, and to the schedule.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/overview.hpp"
#include "millrace/envelope.pb.h"
#include "millrace/host.hpp"
#include "millrace/result.hpp"
#include "store/store.hpp"

namespace millrace {

/// Imported timers that nothing keeps inert once `type` is adopted: all flow types that they reach
/// run here then. One that reaches nobody waits until no type is inert. Reads the inert part of the
/// schedule and its events, a page at a time: other timers may come and go between two pages.
class freed_timers {
 public:
  freed_timers(const store& from, std::string adopted)
      : from_(from), adopted_(std::move(adopted)) {}
  /// Those of the next page, in order of (due, position), perhaps none; no value: that was all.
  /// Errors: those of the store; corrupt.
  result<std::optional<std::vector<schedule_entry>>> next();

 private:
  using names = std::set<std::string, std::less<>>;
  const store& from_;
  const std::string adopted_;
  std::optional<names> inert_;
  std::optional<std::pair<timestamp, position>> after_;
  bool ended_ = false;
};

/// Shows those that are due at `now` or before, in order of (due, position), until `visit` returns
/// false. Errors: those of freed_timers.
result<void> visit_overdue(const store& from, const std::string& type, timestamp now,
                           const std::function<bool(const schedule_entry&)>& visit);

/// How many there are of them.
struct adoption_plan {
  std::uint64_t overdue = 0;  ///< due at `now` or before
  std::uint64_t later = 0;

  /// What it comes to when so many flows have something waiting.
  [[nodiscard]] adoption outcome(std::uint64_t flows, std::optional<overdue_timers> what) const;
};

/// Reads the inert part of the schedule and its events. Errors: not_found (no such type), conflict
/// (it runs here, and no timer waits for it), those of the store; corrupt.
[[nodiscard]] result<adoption_plan> plan_adoption(const store& from, const std::string& type,
                                                  timestamp now);

/// Flows of an inert type by their keys: the last position that made each emit, before it came
/// here.
using last_causes = std::unordered_map<std::string, position>;

/// Reads what was imported from exports of a millrace store, if anything was; nothing of a type
/// that runs here. Errors: those of the store.
[[nodiscard]] result<last_causes> imported_decisions(const store& from, const std::string& type);

/// Whether a timer that is missing would be inert: an import brought it, and a type that it reaches
/// is not adopted. Errors: those of the store.
[[nodiscard]] result<bool> waits_for_adoption(const store& from, position at,
                                              const v1::Envelope& envelope);

/// What waits for one flow.
struct waiting_flow {
  flow_key key;
  std::uint64_t events = 0;
};
/// Shows the flows of a type that have something waiting, in order of ids, until `visit` returns
/// false; gives how many it showed. Reads all flows of the type, and keeps none of them.
using waiting_visitor = std::function<bool(const waiting_flow&)>;
result<std::uint64_t> visit_waiting(const overview& now, std::string_view type,
                                    const waiting_visitor& visit);

}  // namespace millrace
