/// Flows that another process hosts: what it works from, and what it did. They are of types that
/// nobody hosts here, and that only explicit routes reach.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/requests.hpp"
#include "millrace/host.hpp"

namespace millrace {

/// As it is in the store.
struct foreign_flow {
  std::optional<flow_number> number;  ///< none: no event was ever routed to it
  v1::Checkpoint checkpoint;
  std::string state;  ///< JSON; empty: it has none
};
/// Whether flows of this type can be hosted by another process. Errors: conflict (the type is
/// hosted here, or by a program that is not running), closed, timed_out.
[[nodiscard]] result<void> check_elsewhere(host& over, const flow_key& key);
/// Errors: as there, and conflict (the state is no JSON), those of the store.
[[nodiscard]] result<foreign_flow> find_elsewhere(host& over, const flow_key& key);

struct foreign_turn {
  flow_key key;
  std::optional<position> previous;  ///< the checkpoint that it was decided from
  std::optional<position> reached;   ///< the last event that was handled; or `previous`
  struct failure {
    position at;
    std::string message;
  };
  std::optional<failure> failed;     ///< the flow is stopped on this event
  bool done = false;                 ///< the instance ended: its state goes
  std::optional<std::string> state;  ///< JSON; none: it stays as it is
  /// In order of their causes; none means `reached`. Correlation and user are handed on from there
  /// where they are empty. No ids.
  std::vector<new_event> reactions;
};
/// Makes all of it durable in one commit, or none, and waits for that. Errors: conflict (the
/// checkpoint is not `previous`; as above), not_found (no such flow), invalid, unknown_type,
/// undecodable, too_large, storage_full, closed, those of the store.
[[nodiscard]] result<void> commit_elsewhere(host& over, foreign_turn turn);

}  // namespace millrace
