#include "store/builds.hpp"

#include <algorithm>

namespace millrace {

build_list::build_list(const std::vector<v1::FlowType>& rows) {
  for (const auto& row : rows) {
    auto& known = types_[row.name()];
    if (!row.retired()) known.running = std::max(known.running, build_of(row));
    if (row.served()) known.served = build_of(row);
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

}  // namespace millrace
