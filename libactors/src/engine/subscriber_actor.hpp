/// One subscription: reads the timeline for somebody, at their pace.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "engine/context.hpp"
#include "engine/messages.hpp"
#include "millrace/host.hpp"

namespace millrace {

/// Where a subscriber calls, and how its owner ends it: no call is under way once cancel()
/// returned, unless it was made from inside that call. Any thread.
class subscription_target {
 public:
  explicit subscription_target(host::event_handler handler) : handler_(std::move(handler)) {}

  /// False: cancelled, the handler was not called.
  bool call(delivery kind, const event* what) {
    std::scoped_lock lock{mutex_};
    if (cancelled_) return false;
    handler_(kind, what);
    return !cancelled_;
  }
  void cancel() {
    std::scoped_lock lock{mutex_};
    cancelled_ = true;
  }

 private:
  std::recursive_mutex mutex_;
  bool cancelled_ = false;
  host::event_handler handler_;
};

/// The subscriptions that are open, so that the end of the engine ends them. Any thread.
class subscriber_list {
 public:
  std::uint64_t add(caf::actor subscriber) {
    std::scoped_lock lock{mutex_};
    open_.emplace(++last_, std::move(subscriber));
    return last_;
  }
  void end(std::uint64_t which) {
    std::scoped_lock lock{mutex_};
    const auto found = open_.find(which);
    if (found == open_.end()) return;
    tell(found->second, unload{});
    open_.erase(found);
  }
  void kill_all() {
    std::scoped_lock lock{mutex_};
    for (const auto& [which, subscriber] : open_) kill(subscriber);
    open_.clear();
  }

 private:
  std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, caf::actor> open_;
};

/// Reads slices from the store, never from memory, so a slow one costs nobody anything. Ends itself
/// when its target is cancelled.
class subscriber_actor final : public caf::event_based_actor {
 public:
  struct start {
    engine_context* context = nullptr;
    caf::actor router;
    subscription_options wanted;
    std::shared_ptr<subscription_target> target;
  };
  subscriber_actor(caf::actor_config& config, start from);

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override {
    router_ = nullptr;
    target_.reset();
    life_.end();
  }

 private:
  void read_slice();
  [[nodiscard]] bool wants(std::string_view type) const;

  engine_context& context_;
  life life_{context_};
  caf::actor router_;
  subscription_options wanted_;
  std::shared_ptr<subscription_target> target_;
};

}  // namespace millrace
