/// One flow as it was, and as it would be, as documents.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "documents/event.hpp"
#include "documents/source.hpp"
#include "host/past.hpp"

namespace millrace::documents {

struct past_flow {
  flow_key key;
  position at;
  past_view then;
  std::string state;  ///< JSON; empty: there is none
};
/// The flow after everything up to `at`. Errors: those of look_back(); not_found.
[[nodiscard]] result<past_flow> look_back(const source& of, const flow_key& key, position at);
/// One line of JSON.
[[nodiscard]] std::string line_of(const past_flow& of);

struct possible_flow {
  flow_key key;
  what_if_report found;
  std::optional<shown_event> event;
  std::string state;  ///< JSON; empty: there is none
};
/// What the present code makes of the next event. Errors: those of what_if(); not_found.
[[nodiscard]] result<possible_flow> what_if(const source& of, const flow_key& key);
/// One line of JSON.
[[nodiscard]] std::string line_of(const possible_flow& of);

/// The payload as JSON; empty: it does not decode.
[[nodiscard]] std::string data_of(const reaction& one);
/// Types whose timers leave the schedule. done() takes all of them.
[[nodiscard]] std::vector<std::string> cancelled_types(const turn& decided);
[[nodiscard]] inline bool is_done(const what_if_report& found) {
  return !found.alive && !found.passes_by;
}

}  // namespace millrace::documents
