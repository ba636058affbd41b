/// What a topic is recorded to have emitted, by cause.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/shared_reactions.hpp"
#include "flow/runner.hpp"
#include "store/store.hpp"
#include "wire/type_registry.hpp"
#include "wire/window.hpp"

namespace millrace {

/// Reads the reactions of one flow beside its inbox, for those who replay it or let it decide
/// again. Finds them in the cause index, and what that does not cover yet on the timeline. One
/// thread.
class recorded_reactions {
 public:
  /// Of `flow`, to causes at or before `last`: all of these are on the timeline. `together`: where
  /// others look for theirs as well; null: this one reads alone. The rest outlives this.
  recorded_reactions(const store& stored, const type_registry& types, flow_key flow, position last,
                     std::shared_ptr<shared_reactions> together = {})
      : stored_(stored),
        types_(types),
        flow_(std::move(flow)),
        last_(last),
        together_(std::move(together)) {}
  [[nodiscard]] bool reads_alone() const { return together_ == nullptr; }

  /// Sets `recorded` of the first events, as many as fit in memory, at least one: how many. What it
  /// set is valid until the next call. Errors: those of the store.
  result<std::size_t> attach(std::span<observation> seen);

 private:
  /// False: not known there; to be read alone.
  result<bool> attach_shared(observation& one);
  result<void> find_unindexed();
  result<std::vector<position>> emissions(position cause);
  result<std::size_t> read(window_builder& into, const std::vector<position>& at) const;

  const store& stored_;
  const type_registry& types_;
  flow_key flow_;
  position last_;
  std::shared_ptr<shared_reactions> together_;
  std::vector<shared_reactions::content_ptr> shared_;  ///< what `recorded` views of them
  std::optional<std::uint64_t> shared_span_;           ///< of the last one
  bool scanned_ = false;
  std::optional<std::uint64_t> span_;  ///< whose pairs are at hand
  std::vector<effect> pairs_;          ///< in order
  std::unordered_map<std::uint64_t, std::vector<position>> unindexed_;
  std::shared_ptr<const window> events_;  ///< what `recorded` views
};

}  // namespace millrace
