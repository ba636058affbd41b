#include "service/few_types.hpp"

#include <algorithm>
#include <utility>

#include "base/service_limits.hpp"
#include "host/figures.hpp"

namespace millrace::service {

void keep_few(std::vector<flow_statistics>& types, const known_types& known) {
  const auto is_hosted = [&](const flow_statistics& one) { return known.table.find(one.name); };
  const auto others = static_cast<std::size_t>(
      std::count_if(types.begin(), types.end(), [&](const auto& one) { return !is_hosted(one); }));
  if (others <= limits::other_types_max) return;
  flow_statistics rest;
  rest.name = other_types;
  std::size_t kept = 0;
  std::erase_if(types, [&](const flow_statistics& one) {
    if (is_hosted(one)) return false;
    if (one.name != other_types && kept < limits::other_types_max) {
      ++kept;
      return false;
    }
    add_to(rest, one);
    return true;
  });
  types.push_back(std::move(rest));
}

}  // namespace millrace::service
