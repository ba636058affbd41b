/// What a loop by hand needs to be fast: blocks of events, whose keys are hashed and prefetched
/// before the first one is looked up, and a table for them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/basics.hpp"
#include "messages.pb.h"

namespace millrace::bench::bare {

inline constexpr const char* all_events =
    "SELECT position, type, time, payload, envelope FROM events ORDER BY position";

inline std::uint64_t hash_of(std::string_view key) { return std::hash<std::string_view>{}(key); }

/// Open addressing over places in a vector of entries: a probe touches one cache line, and the
/// entry another.
template <class Value>
class flat_table {
 public:
  struct entry {
    std::string key;
    Value value;
  };
  flat_table() : slots_(1u << 16) {}

  void prefetch(std::uint64_t hash) const {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  void prefetch_entry(std::uint64_t hash) const {
    const auto& slot = slots_[hash & (slots_.size() - 1)];
    if (slot.place == 0) return;
    const auto* found = reinterpret_cast<const char*>(&entries_[slot.place - 1]);
    for (std::size_t i = 0; i < sizeof(entry); i += 64) __builtin_prefetch(found + i);
  }
  Value& find(std::uint64_t hash, std::string_view key) {
    const auto mask = slots_.size() - 1;
    for (auto at = hash & mask;; at = (at + 1) & mask) {
      auto& slot = slots_[at];
      if (slot.place == 0) return add(slot, hash, key);
      if (slot.tag != static_cast<std::uint32_t>(hash >> 32)) continue;
      auto& known = entries_[slot.place - 1];
      if (known.key == key) return known.value;
    }
  }
  [[nodiscard]] const std::vector<entry>& entries() const { return entries_; }

 private:
  struct slot_type {
    std::uint32_t tag = 0;
    std::uint32_t place = 0;  // 0: free
  };
  Value& add(slot_type& slot, std::uint64_t hash, std::string_view key) {
    entries_.push_back({std::string{key}, {}});
    slot = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(entries_.size())};
    if (entries_.size() * 2 > slots_.size()) grow();
    return entries_.back().value;
  }
  void grow() {
    slots_.assign(slots_.size() * 2, {});
    const auto mask = slots_.size() - 1;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const auto hash = hash_of(entries_[i].key);
      auto at = hash & mask;
      while (slots_[at].place != 0) at = (at + 1) & mask;
      slots_[at] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(i + 1)};
    }
  }

  std::vector<slot_type> slots_;
  std::vector<entry> entries_;
};

/// Events at hand, decoded into messages that are used again, and two keys of each: its item's and
/// its place's.
struct block {
  static constexpr std::size_t size = 32;
  std::array<Moved, size> bodies;
  std::array<std::int64_t, size> at{};
  std::array<std::string, 2 * size> keys;
  std::array<std::uint64_t, 2 * size> hashes{};
  std::size_t count = 0;

  void add(std::int64_t position, std::string_view payload) {
    auto& body = bodies[count];
    need(body.ParseFromArray(payload.data(), static_cast<int>(payload.size())), "undecodable");
    at[count] = position;
    keys[2 * count].assign("ByItem|").append(body.item());
    keys[2 * count + 1].assign("ByPlace|").append(body.place());
    ++count;
  }
  /// Calls `found` with the value of each key and the position of its event.
  template <class Value, class Found>
  void find_all(flat_table<Value>& in, Found found) {
    for (std::size_t i = 0; i < 2 * count; ++i) {
      hashes[i] = hash_of(keys[i]);
      in.prefetch(hashes[i]);
    }
    for (std::size_t i = 0; i < 2 * count; ++i) in.prefetch_entry(hashes[i]);
    for (std::size_t i = 0; i < 2 * count; ++i) found(in.find(hashes[i], keys[i]), at[i / 2]);
  }
};

}  // namespace millrace::bench::bare
