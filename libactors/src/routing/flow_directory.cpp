#include "routing/flow_directory.hpp"

#include <utility>

#include "routing/gathered_flows.hpp"

namespace millrace {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t fetched_of_flow = 2 * cache_line;  // what a look-up and a hit need

void fetch(const void* at, std::size_t size) {
  for (std::size_t i = 0; i < size; i += cache_line) {
    __builtin_prefetch(static_cast<const char*>(at) + i);
  }
}

}  // namespace

std::uint64_t flow_directory::seed_of(std::string_view type, build_number build) {
  return millrace::hash_of(type) + static_cast<std::uint32_t>(build);
}

std::uint64_t flow_directory::hash_of(std::uint64_t seed, const key_parts& key) {
  return key.has_id ? seed ^ millrace::hash_of(key.id) : seed;
}

std::uint64_t flow_directory::hash_of(const flow_entry& flow) {
  const auto key = key_parts::of(flow.key.text());
  return hash_of(seed_of(key.type, flow.build), key);
}

flow_directory::~flow_directory() {
  erase_if([](const routed_flow& /*any*/) { return true; });
}

routed_flow* flow_directory::find(const key_parts& key, build_number build,
                                  std::uint64_t hash) const {
  for (auto at = place_of(hash); slots_[at].flow != nullptr; at = next(at)) {
    if (slots_[at].hash != hash) continue;
    const auto& entry = slots_[at].flow->entry;
    const bool is_it = entry.build == build && entry.key.has_id() == key.has_id &&
                       entry.key.id() == key.id && entry.key.type() == key.type;
    if (is_it) return slots_[at].flow;
  }
  return nullptr;
}

void flow_directory::fetch_flow(std::uint64_t hash) const {
  const auto* flow = slots_[place_of(hash)].flow;
  if (flow != nullptr) fetch(flow, fetched_of_flow);
}

/// Short ones are in the flow.
void flow_directory::fetch_key(std::uint64_t hash) const {
  const auto* flow = slots_[place_of(hash)].flow;
  if (flow == nullptr) return;
  const std::string_view key = flow->entry.key.text();
  const auto* const begin = reinterpret_cast<const char*>(flow);
  const bool is_inside = key.data() >= begin && key.data() < begin + sizeof *flow;
  if (!is_inside) fetch(key.data(), key.size());
}

routed_flow& flow_directory::add(flow_entry entry) {
  auto* const made = flows_.make();
  made->entry = std::move(entry);
  insert({hash_of(made->entry), made});
  return *made;
}

void flow_directory::insert(const slot& made) {
  if (2 * (count_ + 1) > slots_.size()) {
    const auto all = std::exchange(slots_, slots(2 * slots_.size()));
    count_ = 0;
    for (const auto& each : all) {
      if (each.flow != nullptr) insert(each);
    }
  }
  auto at = place_of(made.hash);
  while (slots_[at].flow != nullptr) at = next(at);
  slots_[at] = made;
  ++count_;
}

/// What was put further on because its place was taken moves up.
void flow_directory::erase(const routed_flow& flow) {
  auto hole = place_of(hash_of(flow.entry));
  while (slots_[hole].flow != &flow) hole = next(hole);
  flows_.free(std::exchange(slots_[hole], {}).flow);
  --count_;
  for (auto at = next(hole); slots_[at].flow != nullptr; at = next(at)) {
    const auto wanted = place_of(slots_[at].hash);
    const auto mask = slots_.size() - 1;
    if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = std::exchange(slots_[at], {});
    hole = at;
  }
}

}  // namespace millrace
