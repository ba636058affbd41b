/// Flows by key, and the postings that are gathered for each.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/invariant.hpp"
#include "base/text_hash.hpp"
#include "routing/routing_plan.hpp"
#include "store/store.hpp"

namespace millrace {

/// A flow of one build. Its name lies beside its postings, so that finding it and adding to it
/// waits for two cache lines that are asked for together.
class alignas(64) gathered_flow {
 public:
  static constexpr std::size_t short_key_max = 48;
  using short_key = std::array<char, short_key_max>;  // zeros follow

  gathered_flow(std::string_view key, const routed_scope& scope, std::uint64_t hash)
      : key_(), size_(static_cast<std::uint32_t>(key.size())), scope_(&scope), hash_(hash) {
    if (key.size() > short_key_max) long_key_ = std::make_unique<char[]>(key.size());
    std::memcpy(long_key_ ? long_key_.get() : key_.data(), key.data(), key.size());
  }

  [[nodiscard]] std::string_view key() const {
    return {long_key_ ? long_key_.get() : key_.data(), size_};
  }
  [[nodiscard]] bool is(const short_key& key, std::size_t size) const {
    return size_ == size && key_ == key;
  }
  /// Its type's and build's; the plan's.
  [[nodiscard]] const routed_scope& scope() const { return *scope_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] const posting_run& run() const { return run_; }
  [[nodiscard]] std::size_t bytes_held() const {
    return sizeof *this + (long_key_ ? size_ : 0) + run_.bytes_held();
  }

 private:
  friend class gathered_flows;
  short_key key_;
  std::uint32_t size_ = 0;
  std::uint32_t sibling_ = 0;  // index + 1 of the same key's next build; 0: none
  const routed_scope* scope_ = nullptr;
  posting_run run_;
  std::uint64_t hash_ = 0;
  std::unique_ptr<char[]> long_key_;
};

/// What inbox_builder fills: one thread. Holds a few postings back, whose flows are looked up
/// together: settle() before anything is asked.
class gathered_flows {
 public:
  explicit gathered_flows(const routing_plan& plan);

  /// Of a `route()`: its build's scope; of an explicit route: null, and it reaches every build of
  /// the type. Positions ascend.
  void add(std::string_view key, std::uint64_t hash, const routed_scope* typed, posting added);
  void settle();

  /// Only keys that are named here are kept, from now on.
  void watch(std::string_view key);
  void watch_none_else() { watches_ = true; }
  /// Drops all others.
  template <class Keep>
  void keep_if(Keep keep);

  [[nodiscard]] const std::vector<gathered_flow>& all() const {
    MILLRACE_INVARIANT(aimed_ == 0);
    return flows_;
  }
  /// Null: nothing reached it.
  [[nodiscard]] const gathered_flow* find(std::string_view key, std::uint64_t hash,
                                          build_number build) const;
  [[nodiscard]] std::size_t bytes_held() const { return held_; }

 private:
  struct aim {
    gathered_flow::short_key key;
    std::size_t size = 0;
    std::uint64_t hash = 0;
    const routed_scope* typed = nullptr;
    posting added;
    std::uint32_t likely = 0;
    [[nodiscard]] std::string_view text() const { return {key.data(), size}; }
  };
  static constexpr std::size_t settled_at_once = 64;  // wait for the memory together

  [[nodiscard]] std::uint32_t likely(std::uint64_t hash) const;
  void post(std::uint32_t first, const routed_scope* typed, posting added);
  void post(gathered_flow& to, posting added);
  std::uint32_t intern(std::string_view key, std::uint64_t hash);
  void insert(std::string_view key, std::uint64_t hash, std::size_t place);
  [[nodiscard]] std::size_t slot_of(std::string_view key, std::uint64_t hash) const;
  void place_all(std::size_t slots);
  void count_held();

  struct slot {
    std::uint32_t tag = 0;   // the upper half of the hash
    std::uint32_t flow = 0;  // index + 1 of the key's first build; 0: free
  };

  const routing_plan& plan_;
  bool watches_ = false;
  std::vector<gathered_flow> flows_;  // builds of a key side by side
  std::vector<slot> slots_;           // a power of two, at most half full
  std::size_t held_ = 0;
  std::array<aim, settled_at_once> aims_;  // what add() holds back, in order,
  std::size_t aimed_ = 0;                  // so many
};

template <class Keep>
void gathered_flows::keep_if(Keep keep) {
  settle();
  std::erase_if(flows_, [&](const gathered_flow& one) { return !keep(one); });
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    if (flows_[i].sibling_ != 0) flows_[i].sibling_ = static_cast<std::uint32_t>(i + 2);
  }
  place_all(slots_.size());
  count_held();
}

}  // namespace millrace
