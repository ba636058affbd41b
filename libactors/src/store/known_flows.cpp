#include "store/known_flows.hpp"

#include <string>

namespace millrace {

result<known_flows> find_flows(const store& in, std::span<const flow_name> names) {
  if (const auto* able = dynamic_cast<const finds_flows*>(&in)) return able->find_all(names);
  known_flows found;
  for (const auto& name : names) {
    auto row = in.find_flow(flow_key::parse(std::string{name.key}), name.build);
    if (!row) return row.error();
    auto& one = found.emplace_back();
    if (*row) one = known_flow{(*row)->entry.number, (*row)->entry.born, (*row)->latest};
  }
  return found;
}

}  // namespace millrace
