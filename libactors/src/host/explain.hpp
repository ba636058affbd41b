/// Which flows an event reaches, why, and how far each of them is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/overview.hpp"

namespace millrace {

/// What became of an event for one flow, or for one flow type.
enum class event_fate {
  handled,
  passed_by,     ///< a joins that came when the life had ended: handled, and not in the state
  skipped,       ///< recorded as passed by, after an error
  failed,        ///< the flow stopped on it
  behind,        ///< waits behind an event that the flow stopped on
  waits,         ///< will be handled when the flow runs
  nobody_there,  ///< a joins whose flow had not been started
  // Of a type:
  names_nobody,  ///< its route() names no flow
  too_early,     ///< the type's routing began after it
  stopped_on,    ///< it stopped the routing of the type
  not_reached,   ///< the routing of the type stopped before it
  type_skipped,  ///< was passed by when it had stopped the routing
  not_routed,    ///< the picture was made before it came
};
[[nodiscard]] std::string_view name_of(event_fate fate);

enum class event_reach { explicitly, starts, joins };
[[nodiscard]] std::string_view name_of(event_reach reach);

struct explained_flow {
  std::string key;  ///< or the name of a type that no flow can be said of
  event_reach how = event_reach::starts;
  event_fate fate = event_fate::waits;
  std::string detail;                  ///< error messages; may be empty
  std::optional<position> stopped_at;  ///< of the flow, or of its type's routing
  std::optional<position> checkpoint;
  bool hosted = false;
  bool inert = false;
};

/// What else decides where it goes.
enum class event_kind {
  plain,           ///< each observing type's route() says it
  explicitly,      ///< its envelope names the flows
  schedule_entry,  ///< a timer: reaches nobody; its firing does
  own_record,      ///< of millrace itself
};
[[nodiscard]] std::string_view name_of(event_kind kind);

struct explanation {
  event_kind kind = event_kind::plain;
  std::vector<explained_flow> flows;
  /// Types of many instances that other programs have: whether they observe it is known there.
  std::vector<std::string> untold;
  // Of a schedule entry:
  bool waits = false;  ///< it is still on the schedule
  bool inert = false;
  std::optional<position> fired_as;  ///< neither: it was cancelled
};

/// `now` is a picture of `from`. Reads the event, and the rows of the flows it reaches. Errors:
/// not_found (no such position); those of the store.
[[nodiscard]] result<explanation> explain(const store& from, const overview& now, position at);

}  // namespace millrace
