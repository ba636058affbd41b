/// What `flow KEY` finds out, and the words for it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/event.hpp"

namespace millrace::cli {

struct flow_report {
  flow_view view;
  bool hosted = false;                  ///< this program has the type
  v1::FlowType type;                    ///< default: the store does not know it
  std::uint64_t lag = 0;                ///< events after the checkpoint
  std::optional<shown_event> event;     ///< what it stopped on, or the next one it will handle
  std::string state;                    ///< JSON; empty: see state_note
  std::string state_note;               ///< why there is no state to show; empty: not alive
  std::optional<position> state_as_of;  ///< the stored state is older than the checkpoint
  std::vector<schedule_entry> timers;
};
/// `now` watches the inbox after the checkpoint.
[[nodiscard]] result<flow_report> report_flow(const context& in, const millrace::store& from,
                                              const overview& now, const flow_view& view);

/// What there is to say of a key that names no flow.
[[nodiscard]] error unknown_flow(const overview& now, const flow_key& key);
/// `flow KEY --at POSITION`
outcome flow_at(const context& in, const std::string& key, position at);

[[nodiscard]] std::string_view name_of(flow_status status);

/// Why it waits or stopped, in sentences.
[[nodiscard]] std::string in_words(const flow_report& report);
[[nodiscard]] std::string type_in_words(const v1::FlowType& type,
                                        const std::optional<shown_event>& event);

/// The figures: name and value, a line each.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> flow_lines(
    const flow_report& report);
/// One line of JSON.
[[nodiscard]] std::string flow_line(const flow_report& report);
[[nodiscard]] std::string type_line(const v1::FlowType& type,
                                    const std::optional<shown_event>& event);

[[nodiscard]] std::string state_as_json(const google::protobuf::Message& state);
/// None: the bytes are no such message.
[[nodiscard]] std::optional<std::string> state_as_json(const google::protobuf::Message& prototype,
                                                       std::string_view bytes);

}  // namespace millrace::cli
