#include "routing/flow_directory.hpp"

#include <utility>

#include "routing/inbox_builder.hpp"

namespace millrace {
namespace {

constexpr std::size_t cache_line = 64;

void fetch(const void* at, std::size_t size) {
  for (std::size_t i = 0; i < size; i += cache_line) {
    __builtin_prefetch(static_cast<const char*>(at) + i);
  }
}

}  // namespace

std::uint64_t flow_directory::hash_of(std::string_view key, build_number build) {
  return millrace::hash_of(key) + static_cast<std::uint32_t>(build);
}

routed_flow* flow_directory::find(std::string_view key, build_number build,
                                  std::uint64_t hash) const {
  for (auto at = place_of(hash); slots_[at].flow; at = next(at)) {
    if (slots_[at].hash != hash) continue;
    const auto& entry = slots_[at].flow->entry;
    if (entry.build == build && entry.key.text() == key) return slots_[at].flow.get();
  }
  return nullptr;
}

void flow_directory::fetch_flow(std::uint64_t hash) const {
  if (const auto* flow = slots_[place_of(hash)].flow.get()) fetch(flow, sizeof *flow);
}

void flow_directory::fetch_key(std::uint64_t hash) const {
  const auto* flow = slots_[place_of(hash)].flow.get();
  if (flow == nullptr) return;
  fetch(flow->entry.key.text().data(), flow->entry.key.text().size());
  flow->unwritten.fetch_end();
}

routed_flow& flow_directory::add(flow_entry entry) {
  slot made{hash_of(entry.key.text(), entry.build), std::make_unique<routed_flow>()};
  made.flow->entry = std::move(entry);
  return insert(std::move(made));
}

routed_flow& flow_directory::insert(slot made) {
  if (2 * (count_ + 1) > slots_.size()) {
    auto all = std::exchange(slots_, std::vector<slot>(2 * slots_.size()));
    count_ = 0;
    for (auto& each : all) {
      if (each.flow) insert(std::move(each));
    }
  }
  auto at = place_of(made.hash);
  while (slots_[at].flow) at = next(at);
  slots_[at] = std::move(made);
  ++count_;
  return *slots_[at].flow;
}

/// What was put further on because its place was taken moves up.
void flow_directory::erase(std::string_view key, build_number build) {
  const auto* flow = find(key, build, hash_of(key, build));
  if (flow == nullptr) return;
  auto hole = place_of(hash_of(key, build));
  while (slots_[hole].flow.get() != flow) hole = next(hole);
  slots_[hole].flow.reset();
  --count_;
  for (auto at = next(hole); slots_[at].flow; at = next(at)) {
    const auto wanted = place_of(slots_[at].hash);
    const auto mask = slots_.size() - 1;
    if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = std::move(slots_[at]);
    hole = at;
  }
}

}  // namespace millrace
