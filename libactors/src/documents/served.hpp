/// What readers of a query get while another build of it is made, or waits for the switch.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "documents/event.hpp"
#include "documents/source.hpp"

namespace millrace::documents {

/// One instance of the build that is served.
struct served_flow {
  served_build build;
  std::optional<position> at;  ///< the state is as it was after this event; none: not begun there
  std::string state;           ///< JSON; empty: see state_note
  std::string state_note;      ///< why there is no state to show
};

/// None: what runs is what is served.
[[nodiscard]] std::optional<served_build> served_beside(const overview& now,
                                                        std::string_view flow_type);
/// The same, with the instance: as its last commit there left it; or, when this program does not
/// have the code of that version, as it was last saved. Errors: those of the store.
[[nodiscard]] result<std::optional<served_flow>> read_served(const source& of, const overview& now,
                                                             const flow_key& key);

/// `version 1 (build 1) is, frozen: it has seen the events before 16,106`
[[nodiscard]] std::string in_words(const served_build& of);
/// Null: there is none.
[[nodiscard]] json json_of(const std::optional<served_build>& of);
/// One value of JSON.
[[nodiscard]] std::string line_of(const served_flow& of);

}  // namespace millrace::documents
