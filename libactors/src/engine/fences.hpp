/// Where the checkpoints of flows are, as far as the journal has seen.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/limits.hpp"
#include "store/store.hpp"

namespace millrace {

/// One process owns a store, and its journal writes every checkpoint: what it wrote it need not
/// read again. Knows of every flow that is new since it was opened, and of those that it wrote;
/// when these get too many, it begins anew with none. Flows that are written together mostly have
/// numbers close to each other, so they lie in pages by number. Journal thread only.
class fences {
 public:
  /// Flows from this number on are not in the store.
  void open(std::uint32_t first_new) { first_new_ = first_new; }

  /// None: only the store knows. None within: it has no checkpoint.
  [[nodiscard]] std::optional<std::optional<position>> find(flow_number flow) const {
    const auto number = static_cast<std::uint32_t>(flow);
    const auto page = pages_.find(number / page_flows);
    const auto known = page == pages_.end() ? unknown : (*page->second)[number % page_flows];
    if (known == none) return std::optional<position>{};
    if (known != unknown) return std::optional<position>{position{known - first_position}};
    if (number < first_new_) return std::nullopt;
    return std::optional<position>{};
  }
  /// After the commit of that checkpoint.
  void put(flow_number flow, const v1::Checkpoint& checkpoint) {
    const auto number = static_cast<std::uint32_t>(flow);
    seen_ = std::max(seen_, number + 1);
    if (pages_.size() >= pages_max && !pages_.contains(number / page_flows)) {
      forget();
    }
    auto& page = pages_[number / page_flows];
    if (!page) page = std::make_unique<flows_of_page>();
    (*page)[number % page_flows] =
        checkpoint.has_position() ? checkpoint.position() + first_position : none;
  }
  /// After a commit that brought the flow's checkpoint from elsewhere: millions come that way, and
  /// nobody may ever run them. The store knows.
  void leave(flow_number flow) {
    const auto number = static_cast<std::uint32_t>(flow);
    if (const auto page = pages_.find(number / page_flows); page != pages_.end()) {
      (*page->second)[number % page_flows] = unknown;
    }
    first_new_ = std::max(first_new_, number + 1);
  }

 private:
  static constexpr std::uint32_t page_flows = 64;
  static constexpr std::size_t pages_max = limits::fences_kept_max / 16;  // few are full
  static constexpr std::uint64_t unknown = 0;
  static constexpr std::uint64_t none = 1;
  static constexpr std::uint64_t first_position = 2;
  using flows_of_page = std::array<std::uint64_t, page_flows>;

  void forget() {
    first_new_ = std::max(first_new_, seen_);
    pages_.clear();
  }

  std::unordered_map<std::uint32_t, std::unique_ptr<flows_of_page>> pages_;
  std::uint32_t first_new_ = UINT32_MAX;  // until it is opened, the store is asked
  std::uint32_t seen_ = 0;                // flows from this number on were not written
};

}  // namespace millrace
