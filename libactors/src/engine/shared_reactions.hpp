/// What the flows of one topic are recorded to have emitted, read once for all of them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "millrace/event.hpp"
#include "store/store.hpp"
#include "wire/type_registry.hpp"
#include "wire/window.hpp"

namespace millrace {

/// Recorded reactions by spans of their causes: flows that one scan feeds ask for the same ones at
/// about the same time. Knows what was on the timeline when it was made, at the least. Keeps a few
/// spans. Thread-safe; who needs a span waits while somebody else reads it.
class shared_reactions {
 public:
  shared_reactions(const store& stored, const type_registry& types, std::string flow_type)
      : stored_(stored), types_(types), flow_type_(std::move(flow_type)) {}

  class span_content {
   public:
    explicit span_content(std::shared_ptr<const window> sorted) : sorted_(std::move(sorted)) {}
    /// In order of ordinals; valid as long as this.
    [[nodiscard]] std::span<const event> of(std::string_view flow, position cause) const;

   private:
    std::shared_ptr<const window> sorted_;  ///< by cause, emitter, position
  };
  using content_ptr = std::shared_ptr<const span_content>;

  /// Reactions to the causes of one span. Null: too many to be kept for others. Errors: those of
  /// the store.
  result<content_ptr> of_span(std::uint64_t span);

 private:
  struct kept {
    std::uint64_t span = 0;
    content_ptr content;
  };
  result<void> find_unindexed();
  result<content_ptr> read(std::uint64_t span);

  const store& stored_;
  const type_registry& types_;
  const std::string flow_type_;
  std::mutex mutex_;
  bool scanned_ = false;
  std::unordered_map<std::uint64_t, std::vector<position>> unindexed_;  ///< by span of the cause
  std::deque<kept> kept_;                                               ///< newest last
};

/// Those of all types. One is there as long as a flow has it. Any thread.
class reactions_by_type {
 public:
  reactions_by_type(const store& stored, const type_registry& types)
      : stored_(stored), types_(types) {}

  [[nodiscard]] std::shared_ptr<shared_reactions> of(std::string_view flow_type);
  /// Who asks from now on is about to decide again what the one that is there need not know.
  void forget(std::string_view flow_type);

 private:
  const store& stored_;
  const type_registry& types_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<shared_reactions>, std::less<>> known_;
};

}  // namespace millrace
