/// What several builders gathered, as one.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "store/store.hpp"

namespace millrace {

/// What counts of what was gathered for a flow.
struct inbox_filter {
  position from = {};
  bool born_before = false;             ///< it was born before `from`: every `joins` finds it
  std::span<const position> skipped{};  ///< ascending: events that were not routed to its type
};

struct merged_inbox {
  posting_run postings;
  std::optional<position> born;  ///< of the first `starts` that counts; none: nobody was born here
};

/// Brings runs of one flow into one order, each position once, and leaves out every `joins` before
/// the first `starts`, as the router does.
[[nodiscard]] merged_inbox merge(std::span<const posting_run* const> runs,
                                 const inbox_filter& filter);

/// Decodes pairs as builders gather them, in the order of (cause, at), each once.
[[nodiscard]] std::vector<effect> merge_effects(std::span<const std::string_view> gathered,
                                                std::uint64_t span);
/// Brings pairs of one span into the order of (cause, at), each once.
void put_in_order(std::vector<effect>& effects);

}  // namespace millrace
