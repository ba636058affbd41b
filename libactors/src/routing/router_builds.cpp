// The router's rows of builds.
#include "routing/router.hpp"

namespace millrace {

const v1::FlowType* router::running(std::string_view name) const {
  const v1::FlowType* newest = nullptr;
  auto next = types_.lower_bound({std::string{name}, build_number{0}});
  for (; next != types_.end() && next->first.first == name; ++next) {
    if (runs_rather(next->second, newest)) newest = &next->second;
  }
  return newest;
}

const v1::FlowType* router::row(std::string_view name, build_number build) const {
  const auto found = types_.find({std::string{name}, build});
  return found == types_.end() ? nullptr : &found->second;
}

std::vector<former_build> router::formers(std::uint32_t type) const {
  std::vector<former_build> found;
  const auto* next = progress_[type];
  while (next->replaces() != 0) {
    next = row(next->name(), build_number{next->replaces()});
    if (next == nullptr) break;
    found.push_back({build_of(*next), position{next->frozen_at()}, next->inert()});
  }
  return found;
}

void router::begin_build(std::uint32_t type, const v1::FlowType& former, const v1::FlowType& next) {
  put(former);
  put(next);
  builds_[type] = build_of(next);
  known_builds_.emplace(next.name(), build_of(next));
  progress_[type] = &types_.at({next.name(), build_of(next)});
}

void router::drop(const build_name& which) {
  std::vector<v1::FlowType> known;
  for (const auto& [name, row] : types_) known.push_back(row);
  const auto dropped = types_.find({which.type, which.build});
  if (dropped == types_.end()) return;
  const auto before_it = dropped->second.replaces();
  std::erase(put_, &dropped->second);
  types_.erase(dropped);
  // Its number is not given again.
  for (auto& [name, row] : types_) {
    if (name.first != which.type) continue;
    row.set_last_build(next_build(known, which.type) - 1);
    if (build_number{row.replaces()} == which.build) row.set_replaces(before_it);
    if (row.replaces() == 0) row.clear_accept_recorded();
    put_.push_back(&row);
  }
  dropped_.push_back(which);
  dirty_ = true;
}

}  // namespace millrace
