/// A run of the timeline, decoded once and shared by every flow that observes it.
#pragma once

#include <google/protobuf/arena.h>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/block_pool.hpp"
#include "millrace/event.hpp"
#include "wire/body_pool.hpp"
#include "wire/envelope_view.hpp"
#include "wire/pooled_arena.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

/// Immutable once built; owned by shared pointers; freed by whoever lets go last, on any thread.
class window {
 public:
  [[nodiscard]] std::span<const event> events() const { return events_; }
  [[nodiscard]] bool empty() const { return events_.empty(); }
  /// Covers [begin, end): every event of the timeline in there is here (unless it was built by
  /// fetch).
  [[nodiscard]] position begin() const { return begin_; }
  [[nodiscard]] position end() const { return end_; }
  [[nodiscard]] std::size_t encoded_size() const { return encoded_size_; }

 private:
  friend class window_builder;
  google::protobuf::Arena arena_{pooled_arena()};
  std::vector<std::shared_ptr<const void>> held_;
  std::shared_ptr<bodies> bodies_;  // null: they are all of the arena
  std::vector<event, pooled_allocator<event>> events_;
  position begin_, end_;
  std::size_t encoded_size_ = 0;
};

/// Decodes rows into a window. One thread; the registry outlives the windows.
class window_builder {
 public:
  window_builder(const type_registry& types, position begin);

  /// Adds one event: type, payload and envelope are copied, unless they are held. A payload that
  /// does not decode, or an envelope that does not, leaves the event there with a null body; a
  /// broken envelope is replaced by an empty one.
  void add(position at, std::string_view type, timestamp time, std::string_view payload,
           std::string_view envelope);
  /// The window holds `owner`, in which the text of the next events lies. Null: they lie anywhere.
  void hold(std::shared_ptr<const void> owner);
  /// Short payloads are decoded into these; the window keeps them.
  void decode_into(std::shared_ptr<bodies> used) { made_->bodies_ = std::move(used); }
  /// About so many events are coming.
  void reserve(std::size_t count) { made_->events_.reserve(count); }
  [[nodiscard]] std::size_t size() const { return made_->events_.size(); }
  [[nodiscard]] std::size_t encoded_size() const { return made_->encoded_size_; }
  /// The builder is spent afterwards.
  [[nodiscard]] std::shared_ptr<const window> finish(position end);

 private:
  std::string_view copy(std::string_view text);
  std::string_view kept(std::string_view text) { return holds_ ? text : copy(text); }
  const envelope_view* read(std::string_view encoded);
  const google::protobuf::Message* decode(const google::protobuf::Message& prototype,
                                          const event& what);
  type_registry::known_type known(std::string_view type);

  const type_registry& types_;
  std::vector<type_registry::known_type> recent_;  // few types have most events
  std::shared_ptr<window> made_;
  bool holds_ = false;
  std::string rewritten_;
};

/// Decodes a payload into `body`, by content type. False: it is not such a message.
[[nodiscard]] bool decode_payload(std::string_view content_type, std::string_view payload,
                                  google::protobuf::Message& body);

}  // namespace millrace
