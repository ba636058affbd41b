/// Where the router's windows come from: what was committed just now, or the store.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "engine/context.hpp"
#include "engine/messages.hpp"
#include "wire/window.hpp"

namespace millrace {

/// Far behind the tail the next window is read and decoded by an actor of its own while the router
/// routes the one before. Part of the router actor; same thread.
class window_source {
 public:
  window_source(engine_context& context, caf::event_based_actor& owner)
      : context_(context), owner_(owner) {}

  /// In order of positions.
  void add(std::shared_ptr<const committed> what);
  /// The events from `head` on, which is before the tail. Null: it is being read, and arrived()
  /// follows; or the store failed, and so did the engine.
  std::shared_ptr<const window> at_head(position head, position tail);
  /// At most so many events of [from, to). Null: the store failed.
  std::shared_ptr<const window> of_store(position from, position to, std::size_t most);
  void arrived(window_read& news, position head);
  void end();

 private:
  void forget_before(position at);
  std::shared_ptr<const window> of_feed();
  std::shared_ptr<const window> behind(position from, position to);
  void read_ahead(position from, position to);

  engine_context& context_;
  caf::event_based_actor& owner_;
  std::deque<std::shared_ptr<const committed>> feed_;
  caf::actor reader_;
  std::optional<position> reading_;  // from where; until it arrives
  std::shared_ptr<const window> ahead_;
};

}  // namespace millrace
