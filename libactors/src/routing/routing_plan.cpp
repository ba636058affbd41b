#include "routing/routing_plan.hpp"

#include <algorithm>
#include <set>

#include "base/limits.hpp"
#include "store/builds.hpp"

namespace millrace {

bool routed_scope::skips(position at) const {
  return at < skips_known_from || std::binary_search(skipped.begin(), skipped.end(), at);
}

/// The row that the router takes for a type: the newest of its version that is not retired.
const v1::FlowType* routing_plan::row_of(const flow_type& hosted,
                                         const std::vector<v1::FlowType>& rows) const {
  const v1::FlowType* found = nullptr;
  for (const auto& row : rows) {
    const bool fits =
        row.version() == 0 || row.version() == static_cast<std::uint32_t>(hosted.version);
    if (row.name() != hosted.name || row.retired() || !fits) continue;
    if (found == nullptr || build_of(*found) < build_of(row)) found = &row;
  }
  return found;
}

routing_plan::routing_plan(const interest_table& table, const type_registry& types,
                           const moment& at)
    : table_(table), types_(types), typed_(table.types().size()) {
  others_.range = {position{}, std::min(at.routed, at.tail)};
  end_ = others_.range.until;
  std::set<const v1::FlowType*> hosted;
  for (const auto& type : table.types()) hosted.insert(row_of(*type, at.rows));
  for (const auto& row : at.rows) {
    named_[row.name()].push_back(scope_of_row(row, hosted.contains(&row), at.tail));
    if (named_[row.name()].back().known) {
      end_ = std::max(end_, named_[row.name()].back().range.until);
    }
  }
  for (std::uint32_t i = 0; i < typed_.size(); ++i) {
    const auto* row = row_of(*table.types()[i], at.rows);
    if (row == nullptr || row->explicit_only()) continue;
    typed_[i] = &scope_of(row->name(), build_of(*row));
  }
}

routed_scope routing_plan::scope_of_row(const v1::FlowType& row, bool hosted, position tail) const {
  routed_scope made;
  made.build = build_of(row);
  if (row.retired() || (!hosted && !row.explicit_only())) {
    made.known = false;
    return made;
  }
  if (row.explicit_only()) {
    made.range = others_.range;
    return made;
  }
  made.range = {position{row.since()}, std::min(position{row.routed()}, tail)};
  made.explicit_before = std::min(position{row.explicit_before()}, made.range.until);
  for (const auto& one : row.skipped()) made.skipped.push_back(position{one.position()});
  std::sort(made.skipped.begin(), made.skipped.end());
  if (made.skipped.size() >= limits::skips_kept_max) made.skips_known_from = made.skipped.front();
  return made;
}

std::span<const routed_scope> routing_plan::scopes_of(std::string_view flow_type) const {
  const auto found = named_.find(flow_type);
  return found == named_.end() ? std::span{&others_, 1} : std::span{found->second};
}

const routed_scope& routing_plan::scope_of(std::string_view flow_type, build_number build) const {
  for (const auto& one : scopes_of(flow_type)) {
    if (one.build == build) return one;
  }
  return nothing_;
}

}  // namespace millrace
