/// Flows in which nothing is going on, in 32 bytes each.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/sip_hash.hpp"
#include "store/known_flows.hpp"

namespace millrace {

/// A table of what the directory says of flows, by 96 bits of a keyed hash of their names: the
/// names take several times as much, and whoever asks has the name at hand. Two flows that are
/// taken for one do not occur: with a million in it, about once in 10^22 look-ups, and nobody can
/// choose names for it. docs/decisions/2026-11-27-flows-at-rest.md. One thread.
class resting_flows {
 public:
  resting_flows();

  using mark = sip_value;
  [[nodiscard]] mark mark_of(const flow_name& name) const;
  /// Before take() of several.
  void fetch(const mark& of) const { __builtin_prefetch(&slots_[place_of(of)]); }

  /// One that is not in it.
  void put(const mark& of, const known_flow& flow);
  /// Takes it out; none: it is not in it.
  std::optional<known_flow> take(const mark& of);
  void clear();
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  static constexpr std::size_t first_slots = 64;
  static constexpr std::uint64_t none = UINT64_MAX;
  struct slot {
    std::uint64_t low = 0;
    std::uint32_t high = 0;
    std::uint32_t number = 0;
    std::uint64_t born = 0;
    std::uint64_t latest = 0;  // none: nothing was routed to it
    bool is_used() const { return number != UINT32_MAX; }
  };
  static constexpr slot unused{0, 0, UINT32_MAX, 0, 0};

  [[nodiscard]] std::size_t place_of(const mark& of) const {
    return of.first & (slots_.size() - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t place) const {
    return (place + 1) & (slots_.size() - 1);
  }
  void insert(const slot& made);
  void close(std::size_t hole);

  sip_key key_;
  std::vector<slot> slots_;  // a power of two, at most seven eighths full
  std::size_t count_ = 0;
};

}  // namespace millrace
