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

std::vector<build_number> router::formers(std::uint32_t type) const {
  std::vector<build_number> found;
  for (const auto* row = progress_[type]; row != nullptr && row->replaces() != 0;) {
    found.push_back(build_number{row->replaces()});
    row = this->row(row->name(), found.back());
  }
  return found;
}

void router::begin_build(std::uint32_t type, const v1::FlowType& former, const v1::FlowType& next) {
  put(former);
  put(next);
  builds_[type] = build_of(next);
  progress_[type] = &types_.at({next.name(), build_of(next)});
}

void router::drop(const build_name& which) {
  std::vector<v1::FlowType> known;
  for (const auto& [name, row] : types_) known.push_back(row);
  const auto dropped = types_.find({which.type, which.build});
  if (dropped == types_.end()) return;
  std::erase(put_, &dropped->second);
  types_.erase(dropped);
  // Its number is not given again.
  for (auto& [name, row] : types_) {
    if (name.first != which.type) continue;
    row.set_last_build(next_build(known, which.type) - 1);
    if (build_number{row.replaces()} == which.build) row.clear_replaces();
    put_.push_back(&row);
  }
  dropped_.push_back(which);
  dirty_ = true;
}

}  // namespace millrace
