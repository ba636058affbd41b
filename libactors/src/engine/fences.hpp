/// Where the checkpoints of flows are, as far as the journal has seen.
#pragma once

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/limits.hpp"
#include "store/store.hpp"

namespace millrace {

/// One process owns a store, and its journal writes every checkpoint: what it wrote it need not
/// read again. Knows of every flow that is new since it was opened, and of those that it wrote;
/// when these get too many, it begins anew with none. Journal thread only.
class fences {
 public:
  /// Flows from this number on are not in the store.
  void open(std::uint32_t first_new) { first_new_ = first_new; }

  /// None: only the store knows. None within: it has no checkpoint.
  [[nodiscard]] std::optional<std::optional<position>> find(flow_number flow) const {
    if (const auto known = known_.find(flow); known != known_.end()) return known->second;
    if (static_cast<std::uint32_t>(flow) < first_new_) return std::nullopt;
    return std::optional<position>{};
  }
  /// After the commit of that checkpoint.
  void put(flow_number flow, const v1::Checkpoint& checkpoint) {
    if (known_.size() >= limits::fences_kept_max && !known_.contains(flow)) forget();
    known_[flow] =
        checkpoint.has_position() ? std::optional{position{checkpoint.position()}} : std::nullopt;
  }
  /// After a commit that brought the flow's checkpoint from elsewhere: millions come that way, and
  /// nobody may ever run them. The store knows.
  void leave(flow_number flow) {
    known_.erase(flow);
    first_new_ = std::max(first_new_, static_cast<std::uint32_t>(flow) + 1);
  }

 private:
  void forget() {
    for (const auto& [flow, at] : known_) {
      first_new_ = std::max(first_new_, static_cast<std::uint32_t>(flow) + 1);
    }
    known_.clear();
  }

  std::unordered_map<flow_number, std::optional<position>> known_;
  std::uint32_t first_new_ = UINT32_MAX;  // until it is opened, the store is asked
};

}  // namespace millrace
