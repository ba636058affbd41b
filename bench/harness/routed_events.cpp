#include "harness/routed_events.hpp"

#include "harness/basics.hpp"

namespace millrace::bench {
namespace {

constexpr std::uint32_t none = ~0u;

/// The event's flow of each type.
std::uint32_t flow_of(std::uint64_t at, std::uint32_t type) {
  const auto mixed = (types_count * at + type + 1) * 0x9e3779b97f4a7c15u;
  const auto alike = (flows_count - type + types_count - 1) / types_count;
  return static_cast<std::uint32_t>((mixed >> 32) % alike) * types_count + type;
}

}  // namespace

events_at_hand::events_at_hand() {
  flow_types_ = {std::make_shared<const flow_type>(describe<counting<0>>()),
                 std::make_shared<const flow_type>(describe<counting<1>>()),
                 std::make_shared<const flow_type>(describe<counting<2>>())};
  for (const auto& each : flow_types_) got(types_.add(*each));
}

/// A counting sort, as router::grouped() has it.
routed_events events_at_hand::next(std::uint32_t count) {
  window_builder built{types_, position{tail_}};
  routed_events made;
  std::vector<std::uint32_t> delivery_of(flows_count, none);
  for (std::uint32_t i = 0; i < count; ++i) {
    built.add(position{tail_ + i}, "Moved", timestamp{}, {}, {});
    for (std::uint32_t type = 0; type < types_count; ++type) {
      const auto flow = flow_of(tail_ + i, type);
      auto& place = delivery_of[flow];
      if (place == none) {
        place = static_cast<std::uint32_t>(made.deliveries.size());
        made.deliveries.push_back({.flow = flow});
      }
      ++made.deliveries[place].count;
    }
  }
  std::uint32_t first = 0;
  for (auto& each : made.deliveries) {
    each.first = first;
    first += std::exchange(each.count, 0);
  }
  const auto entries = std::make_shared<entry_list>(first);
  for (std::uint32_t i = 0; i < count; ++i) {
    for (std::uint32_t type = 0; type < types_count; ++type) {
      auto& each = made.deliveries[delivery_of[flow_of(tail_ + i, type)]];
      (*entries)[each.first + each.count++] = {i, true};
    }
  }
  tail_ += count;
  made.content.entries = entries;
  made.content.events = built.finish(position{tail_});
  return made;
}

}  // namespace millrace::bench
