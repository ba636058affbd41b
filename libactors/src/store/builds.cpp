#include "store/builds.hpp"

#include <algorithm>

namespace millrace {

build_list::build_list(const std::vector<v1::FlowType>& rows) {
  std::map<std::string_view, const v1::FlowType*> running;
  for (const auto& row : rows) {
    auto& known = types_[row.name()];
    if (row.served()) known.served = build_of(row);
    auto& newest = running[row.name()];
    if (!runs_rather(row, newest)) continue;
    newest = &row;
    known.running = build_of(row);
  }
}

build_number build_list::running(std::string_view type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? first_build : found->second.running;
}

build_number build_list::served(std::string_view type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? first_build : found->second.served;
}

std::uint32_t next_build(const std::vector<v1::FlowType>& rows, std::string_view name) {
  std::uint32_t last = 0;
  for (const auto& row : rows) {
    if (row.name() != name) continue;
    last = std::max({last, static_cast<std::uint32_t>(build_of(row)), row.last_build()});
  }
  return last + 1;
}

}  // namespace millrace
