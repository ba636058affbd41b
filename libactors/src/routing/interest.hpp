/// Who observes what: the flow types of a host, by event type.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "millrace/flow.hpp"
#include "millrace/result.hpp"

namespace millrace {

/// Immutable once built; shared by all threads.
class interest_table {
 public:
  using type_list = std::vector<std::shared_ptr<const flow_type>>;
  explicit interest_table(type_list types);

  [[nodiscard]] const type_list& types() const { return types_; }
  /// Index into types(); of several versions of a name, the newest.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view flow_type_name) const;
  /// All versions of a name, the newest first.
  [[nodiscard]] std::span<const std::uint32_t> versions(std::string_view flow_type_name) const;
  /// Indexes of the flow types that observe the event type, ascending.
  [[nodiscard]] std::span<const std::uint32_t> observers(std::string_view event_type) const;

 private:
  type_list types_;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_name_;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_event_;
};

/// Whether a type may stand beside others: of one name, only queries of different versions. Errors:
/// invalid.
[[nodiscard]] result<void> check_beside(const flow_type& type,
                                        const interest_table::type_list& others);

/// Where an event goes within one flow type, by that type's own route(), into `made`; for a type
/// with a single instance the id is empty. Not for events with explicit routes, and not for
/// schedule entries: those go to nobody. Errors: undecodable; invalid (route threw, or an id is not
/// UTF-8 or too long). Both park the type.
result<void> route_typed(const flow_type& type, const event& what, route& made);

/// Whether an event could reach a flow. True also for a `joins` that may find nobody: whoever asks
/// must bear a yes too many, never a no too many.
[[nodiscard]] bool may_reach(const interest_table& table, const event& what, const flow_key& key);

}  // namespace millrace
