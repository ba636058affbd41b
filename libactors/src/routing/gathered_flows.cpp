#include "routing/gathered_flows.hpp"

#include <span>

namespace millrace {
namespace {

constexpr std::size_t first_slots = 1024;
constexpr std::size_t flow_overhead = 32;  // its slots and what the allocator adds
constexpr std::size_t cache_line = 64;
}  // namespace

gathered_flows::gathered_flows(const routing_plan& plan) : plan_(plan), slots_(first_slots) {}

void gathered_flows::watch(std::string_view key) {
  watches_ = false;
  intern(key, hash_of(key));
  watches_ = true;
}

void gathered_flows::add(std::string_view key, std::uint64_t hash, const routed_scope* typed,
                         posting added) {
  if (key.size() > gathered_flow::short_key_max) {
    settle();  // a flow's postings stay in order
    return post(intern(key, hash), typed, added);
  }
  __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  auto& next = aims_[aimed_];
  next.key = {};
  std::memcpy(next.key.data(), key.data(), key.size());
  next.size = key.size();
  next.hash = hash;
  next.typed = typed;
  next.added = added;
  if (++aimed_ == settled_at_once) settle();
}

/// The number of the flow that is most likely the one; 0: none is.
std::uint32_t gathered_flows::likely(std::uint64_t hash) const {
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const auto mask = slots_.size() - 1;
  auto at = static_cast<std::size_t>(hash) & mask;
  while (slots_[at].flow != 0 && slots_[at].tag != tag) at = (at + 1) & mask;
  return slots_[at].flow;
}

/// A posting meets three places that are in no cache, each known from the one before: its slot, its
/// flow and the end of its run. They are asked for in rounds, for all of the postings at once.
void gathered_flows::settle() {
  const std::span all{aims_.data(), aimed_};
  for (auto& one : all) {
    one.likely = likely(one.hash);
    if (one.likely == 0) continue;
    const auto* found = &flows_[one.likely - 1];
    __builtin_prefetch(found, 1);
    __builtin_prefetch(reinterpret_cast<const char*>(found) + cache_line, 1);
  }
  for (const auto& one : all) {
    if (one.likely == 0) continue;
    const auto coded = flows_[one.likely - 1].run_.coded();
    __builtin_prefetch(coded.data() + coded.size(), 1);
  }
  for (const auto& one : all) {
    const bool is_right = one.likely != 0 && flows_[one.likely - 1].is(one.key, one.size);
    post(is_right ? one.likely : intern(one.text(), one.hash), one.typed, one.added);
  }
  aimed_ = 0;
}

/// An explicit route reaches every build of the type, its own route() the build it belongs to.
void gathered_flows::post(std::uint32_t first, const routed_scope* typed, posting added) {
  for (auto number = first; number != 0; number = flows_[number - 1].sibling_) {
    auto& to = flows_[number - 1];
    const bool reaches =
        typed == nullptr ? to.scope_->holds_explicit(added.at) : to.scope_ == typed;
    if (reaches) post(to, added);
  }
}

void gathered_flows::post(gathered_flow& to, posting added) {
  if (to.run_.last() == added.at) return;  // named twice
  const auto before = to.run_.bytes_held();
  to.run_.append(added);
  held_ += to.run_.bytes_held() - before;
}

std::size_t gathered_flows::slot_of(std::string_view key, std::uint64_t hash) const {
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const auto mask = slots_.size() - 1;
  auto at = static_cast<std::size_t>(hash) & mask;
  for (; slots_[at].flow != 0; at = (at + 1) & mask) {
    if (slots_[at].tag == tag && flows_[slots_[at].flow - 1].key() == key) break;
  }
  return at;
}

const gathered_flow* gathered_flows::find(std::string_view key, std::uint64_t hash,
                                          build_number build) const {
  MILLRACE_INVARIANT(aimed_ == 0);
  auto next = slots_[slot_of(key, hash)].flow;
  while (next != 0 && flows_[next - 1].scope_->build != build) next = flows_[next - 1].sibling_;
  return next == 0 ? nullptr : &flows_[next - 1];
}

/// The number of the key's first build: its index + 1. 0: it is not watched.
std::uint32_t gathered_flows::intern(std::string_view key, std::uint64_t hash) {
  const auto place = slot_of(key, hash);
  if (const auto found = slots_[place].flow; found != 0 || watches_) return found;
  const auto number = static_cast<std::uint32_t>(flows_.size() + 1);
  insert(key, hash, place);
  return number;
}

void gathered_flows::insert(std::string_view key, std::uint64_t hash, std::size_t place) {
  const auto first = flows_.size();
  for (const auto& scope : plan_.scopes_of(key.substr(0, key.find('|')))) {
    if (flows_.size() > first) {
      flows_.back().sibling_ = static_cast<std::uint32_t>(flows_.size() + 1);
    }
    held_ += flows_.emplace_back(key, scope, hash).bytes_held() + flow_overhead;
  }
  slots_[place] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(first + 1)};
  if (flows_.size() * 2 > slots_.size()) place_all(slots_.size() * 2);
}

void gathered_flows::place_all(std::size_t slots) {
  slots_.assign(slots, {});
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    const auto hash = flows_[i].hash_;
    auto& free = slots_[slot_of(flows_[i].key(), hash)];
    if (free.flow != 0) continue;  // a later build
    free = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(i + 1)};
  }
}

void gathered_flows::count_held() {
  held_ = 0;
  for (const auto& one : flows_) held_ += one.bytes_held() + flow_overhead;
}

}  // namespace millrace
