/// The part of the directory that the router has in memory: flows by key and build.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sip_hash.hpp"
#include "base/slab.hpp"
#include "base/text_hash.hpp"
#include "routing/unwritten_postings.hpp"
#include "store/store.hpp"

namespace millrace {

/// What the router knows of one flow. What each event looks at comes first.
struct alignas(64) routed_flow {
  flow_entry entry;
  std::optional<position> latest;  ///< last posting, written or not

 private:
  friend class router;
  std::uint64_t window_ = 0;    ///< in which it was last touched
  std::uint32_t delivery_ = 0;  ///< its delivery there
  bool listed_ = false;         ///< in router::touched_

 public:
  bool keep = false;        ///< set by the owner: do not forget this one
  bool in_lane = false;     ///< the owner's: in that of its type
  bool given_up = false;    ///< the owner's: by that, and has an actor therefore
  std::uint32_t place = 0;  ///< the owner's: where in that
  bool enlisted = false;    ///< its entry may not be in the store yet: the owner sees to it
  bool replacing = false;   ///< another inbox is on its way into the store
  std::optional<std::uint32_t> type;  ///< index in the table, when its build is hosted here
  posting_list unwritten;             ///< those after `written`; of the router
  std::optional<position> written;    ///< last posting in the store
};

/// A flow's key in its parts, so that nobody has to put it together to look it up. A view.
struct key_parts {
  std::string_view type;
  std::string_view id;
  bool has_id = false;

  [[nodiscard]] static key_parts of(std::string_view text) {
    const auto end = text.find('|');
    if (end == std::string_view::npos) return {text, {}, false};
    return {text.substr(0, end), text.substr(end + 1), true};
  }
  [[nodiscard]] flow_key key() const { return has_id ? flow_key{type, id} : flow_key{type}; }
};

/// A flat table: a look-up is a slot, a flow and its key, three cache misses. Who has many of them
/// at hand asks for all slots first, then for all flows, then for all keys, and waits for none. The
/// flows stay where they are until they are erased.
/// Keys may be chosen, by who knows this code, to have one hash: each would be looked for among all
/// of them. Its owner sees that they pile up, and has all hashed with a secret from then on, which
/// takes longer. One thread.
class flow_directory {
 public:
  flow_directory() : slots_(first_slots) {}
  flow_directory(const flow_directory&) = delete;
  flow_directory& operator=(const flow_directory&) = delete;
  ~flow_directory();

  /// Of all flows of a build of a type.
  [[nodiscard]] static std::uint64_t seed_of(std::string_view type, build_number build);
  /// Of one of them; until hash_secretly() is called.
  [[nodiscard]] std::uint64_t hash_of(std::uint64_t seed, const key_parts& key) const {
    if (secret_) return seed ^ secret_hash_of(key);
    return key.has_id ? seed ^ millrace::hash_of(key.id) : seed;
  }
  /// More have one hash, or want the same places, than by chance.
  [[nodiscard]] bool is_piled_up() const { return is_piled_up_; }
  void hash_secretly();

  /// Null: it is not here.
  [[nodiscard]] routed_flow* find(const key_parts& key, build_number build,
                                  std::uint64_t hash) const;
  void fetch_slot(std::uint64_t hash) const { __builtin_prefetch(&slots_[place_of(hash)]); }
  void fetch_flow(std::uint64_t hash) const;
  void fetch_key(std::uint64_t hash) const;

  /// One that is not here yet.
  routed_flow& add(flow_entry entry);
  /// One that is here.
  void erase(const routed_flow& flow);
  template <class Predicate>
  void erase_if(Predicate goes) {
    const auto all = std::exchange(slots_, slots(first_slots));
    count_ = 0;
    for (const auto& each : all) {
      if (each.flow == nullptr) continue;
      goes(*each.flow) ? flows_.free(each.flow) : insert(each);
    }
  }
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  static constexpr std::size_t first_slots = 64;
  struct slot {
    std::uint64_t hash = 0;
    routed_flow* flow = nullptr;  // of flows_; null: free
  };
  using slots = std::vector<slot, pooled_allocator<slot>>;

  [[nodiscard]] std::size_t place_of(std::uint64_t hash) const {
    return hash & (slots_.size() - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t place) const {
    return (place + 1) & (slots_.size() - 1);
  }
  [[nodiscard]] std::uint64_t hash_of(const flow_entry& flow) const;
  [[nodiscard]] std::uint64_t secret_hash_of(const key_parts& key) const;
  void insert(const slot& made);

  slab<routed_flow> flows_;
  slots slots_;  // a power of two, at most half full
  std::size_t count_ = 0;
  std::optional<sip_key> secret_;
  bool is_piled_up_ = false;
};

}  // namespace millrace
