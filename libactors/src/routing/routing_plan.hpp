/// What a rebuild routes: which builds of flow types, from where to where.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/checkpoint.pb.h"
#include "routing/interest.hpp"
#include "store/store.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

/// Positions [since, until).
struct routed_range {
  position since;
  position until;
  [[nodiscard]] bool holds(position at) const { return at >= since && at < until; }
};

/// What the store holds of a build of a flow type.
struct routed_scope {
  build_number build = first_build;
  routed_range range;
  /// Explicit routes also reach it before this, from when nobody hosted the type.
  position explicit_before;
  std::vector<position> skipped;  ///< ascending: events that could not be routed and were passed by
  /// Events before this may have been skipped, too: only so many are remembered.
  position skips_known_from;
  /// False: retired, or routed by a program that has its code; this one has not.
  bool known = true;

  [[nodiscard]] bool holds_explicit(position at) const {
    return range.holds(at) || at < explicit_before;
  }
  [[nodiscard]] bool skips(position at) const;
};

/// How far a store is routed at one moment. Immutable; shared by the threads of a rebuild.
class routing_plan {
 public:
  /// `rows`: those of all builds; `routed`: how far the cause index is, and explicit routes of
  /// types that nobody hosts. Nothing at or after `tail` counts.
  struct moment {
    std::vector<v1::FlowType> rows;
    position routed;
    position tail;
  };
  routing_plan(const interest_table& table, const type_registry& types, const moment& at);
  routing_plan(const routing_plan&) = delete;
  routing_plan& operator=(const routing_plan&) = delete;

  [[nodiscard]] const interest_table& table() const { return table_; }
  [[nodiscard]] const type_registry& types() const { return types_; }
  /// Of all builds that an event may reach; the addresses stay good.
  [[nodiscard]] std::span<const routed_scope> scopes_of(std::string_view flow_type) const;
  /// One of them, or one that is not known and holds nothing.
  [[nodiscard]] const routed_scope& scope_of(std::string_view flow_type, build_number build) const;
  /// That of the table's type with this index; null: the store has no row for it.
  [[nodiscard]] const routed_scope* typed(std::uint32_t type) const { return typed_[type]; }
  /// Of the cause index.
  [[nodiscard]] const routed_range& effects() const { return others_.range; }
  /// All positions that anything of it covers end before this.
  [[nodiscard]] position end() const { return end_; }

 private:
  [[nodiscard]] routed_scope scope_of_row(const v1::FlowType& row, bool hosted,
                                          position tail) const;
  [[nodiscard]] const v1::FlowType* row_of(const flow_type& hosted,
                                           const std::vector<v1::FlowType>& rows) const;

  const interest_table& table_;
  const type_registry& types_;
  std::vector<const routed_scope*> typed_;
  std::map<std::string, std::vector<routed_scope>, std::less<>> named_;
  routed_scope others_;
  routed_scope nothing_{.known = false};
  position end_;
};

}  // namespace millrace
