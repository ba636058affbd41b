#include "routing/flow_directory.hpp"

#include <cstring>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t fetched_of_flow = 2 * cache_line;  // what a look-up and a hit need

/// Places in a row that are taken. In a table of a million flows that is half full the longest run
/// has about 75; one of 256 comes once in 10^15 tables.
constexpr std::size_t piled_up_from = 256;
/// Flows of one hash, of 64 bits.
constexpr std::size_t alike_from = 8;

template <class Word>
bool is_same_at(const char* one, const char* other) {
  Word of_one = 0;
  Word of_other = 0;
  std::memcpy(&of_one, one, sizeof of_one);
  std::memcpy(&of_other, other, sizeof of_other);
  return of_one == of_other;
}

/// Of short texts, as ids and names of types mostly are, the first and the last word, which may
/// overlap: a call costs more than that.
bool is_same(std::string_view one, std::string_view other) {
  const auto size = one.size();
  if (size != other.size()) return false;
  const auto ends_alike = [&]<class Word>(Word) {
    const auto last = size - sizeof(Word);
    return is_same_at<Word>(one.data(), other.data()) &&
           is_same_at<Word>(one.data() + last, other.data() + last);
  };
  if (size >= 4 && size <= 8) return ends_alike(std::uint32_t{});
  if (size > 8 && size <= 16) return ends_alike(std::uint64_t{});
  return one == other;
}

void fetch(const void* at, std::size_t size) {
  for (std::size_t i = 0; i < size; i += cache_line) {
    __builtin_prefetch(static_cast<const char*>(at) + i);
  }
}

}  // namespace

/// The same id in several builds of a type has hashes far apart.
std::uint64_t flow_directory::seed_of(std::string_view type, build_number build) {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u;
  return millrace::hash_of(type) + golden * static_cast<std::uint32_t>(build);
}

std::uint64_t flow_directory::secret_hash_of(const key_parts& key) const {
  const auto of_type = sip_hash({secret_->second, secret_->first}, key.type).first;
  return key.has_id ? of_type ^ sip_hash(*secret_, key.id).first : of_type;
}

std::uint64_t flow_directory::hash_of(const flow_entry& flow) const {
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
                       is_same(entry.key.id(), key.id) && is_same(entry.key.type(), key.type);
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
  std::size_t taken = 0;
  std::size_t alike = 0;
  for (; slots_[at].flow != nullptr; at = next(at)) {
    ++taken;
    alike += slots_[at].hash == made.hash ? 1 : 0;
  }
  slots_[at] = made;
  ++count_;
  is_piled_up_ = is_piled_up_ || (!secret_ && (taken >= piled_up_from || alike >= alike_from));
}

void flow_directory::hash_secretly() {
  slots empty(slots_.size());
  secret_ = sip_key::secret();
  is_piled_up_ = false;
  const auto all = std::exchange(slots_, std::move(empty));
  count_ = 0;
  for (const auto& each : all) {
    if (each.flow != nullptr) insert({hash_of(each.flow->entry), each.flow});
  }
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
