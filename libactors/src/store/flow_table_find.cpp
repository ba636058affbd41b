// The directory, asked for many flows at once.
#include "store/flow_table.hpp"

namespace millrace {

using sqlite::step;

result<known_flows> flow_reader::find(std::span<const flow_name> names) {
  known_flows found;
  found.reserve(names.size());
  for (const auto& name : names) {
    const auto guard = known_.start(name.key, static_cast<std::uint32_t>(name.build));
    auto& one = found.emplace_back();
    const step next = known_.next();
    if (next == step::failed) return known_.failure();
    if (next == step::done) continue;
    one = known_flow{flow_number{static_cast<std::uint32_t>(known_.integer(0))},
                     known_.maybe_at(1).value_or(unplaced), known_.maybe_at(2)};
  }
  return found;
}

}  // namespace millrace
