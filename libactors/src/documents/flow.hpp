/// One flow, or the routing of one flow type, as a document: its state, and why it waits or
/// stopped.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "documents/event.hpp"
#include "documents/served.hpp"
#include "documents/source.hpp"

namespace millrace::documents {

struct flow_report {
  flow_view view;
  bool hosted = false;                      ///< this program has the type
  v1::FlowType type;                        ///< default: the store does not know it
  std::optional<build_progress> back_fill;  ///< of its type
  std::uint64_t lag = 0;                    ///< events after the checkpoint
  std::optional<shown_event> event;         ///< what it stopped on, or the next one it will handle
  std::string state;                        ///< JSON; empty: see state_note
  std::string state_note;                   ///< why there is no state to show; empty: not alive
  std::optional<position> state_as_of;      ///< the stored state is older than the checkpoint
  /// Its checkpoint or state cannot be read or brought up to date: see state_note.
  bool only_reset_helps = false;
  std::optional<served_flow> served;  ///< when another build than the one at hand is served
  std::vector<schedule_entry> timers;
};

/// A flow type of many instances: how far it is routed, and what stops it.
struct type_report {
  v1::FlowType type;
  std::optional<build_progress> back_fill;
  std::optional<served_build> served;  ///< when another build than this one is served
  std::optional<shown_event> event;    ///< what it stopped on
};

/// What a key names: a flow, or else a flow type. Errors: not_found, with names that are alike;
/// those of the store.
using flow_answer = std::variant<flow_report, type_report>;
[[nodiscard]] result<flow_answer> find_flow(const source& of, const flow_key& key);

/// What there is to say of a key that names no flow.
[[nodiscard]] error unknown_flow(const overview& now, const flow_key& key);

[[nodiscard]] std::string_view name_of(flow_status status);
/// None: it has none yet.
[[nodiscard]] std::optional<position> checkpoint_of(const v1::Checkpoint& checkpoint);

/// Why it waits or stopped, in sentences; inert.
[[nodiscard]] std::string in_words(const flow_report& report);
[[nodiscard]] std::string in_words(const type_report& report);

/// One line of JSON.
[[nodiscard]] std::string line_of(const flow_answer& answer);

[[nodiscard]] std::string state_as_json(const google::protobuf::Message& state);
/// None: the bytes are no such message.
[[nodiscard]] std::optional<std::string> state_as_json(const google::protobuf::Message& prototype,
                                                       std::string_view bytes);
/// `"name":value` before the brace that closes a line of JSON.
[[nodiscard]] std::string with(std::string line, std::string_view name, std::string_view value);

}  // namespace millrace::documents
