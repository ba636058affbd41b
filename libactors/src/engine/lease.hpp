/// A window in use by flows, that can be taken back from those that are slow.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/limits.hpp"
#include "routing/router.hpp"
#include "wire/window.hpp"

namespace millrace {

/// Types that lag leave one window to those at the tail.
enum class windows_for { all, lagging };

/// Events of windows that are decoded and still held by anybody: what the router paces itself by.
struct window_budget {
  explicit window_budget(std::size_t most_events) : events_max(most_events) {}

  const std::size_t events_max;
  std::atomic<std::size_t> events{0};
  std::atomic<std::size_t> size{0};  ///< encoded bytes
  /// The router ran out of room: whoever gives some back says so, once.
  std::atomic<bool> wanted{false};
  std::function<void()> on_room;

  [[nodiscard]] bool has_room(windows_for whom) const {
    constexpr auto most = limits::windows_max;
    const auto count = whom == windows_for::all ? most : most - 1;
    return events < events_max / most * count && size < count * limits::window_size_max;
  }
  void give_back(std::size_t event_count, std::size_t bytes) {
    events -= event_count;
    size -= bytes;
    if (wanted.exchange(false)) on_room();
  }
};

/// A routed window, shared by the deliveries cut from it. The router revokes the lease of a window
/// that a slow flow holds for too long: the flow then finds nothing, and reads its inbox from the
/// store. Any thread.
class window_lease {
 public:
  struct content {
    std::shared_ptr<const window> events;
    routed_entries entries;
  };

  window_lease(content held, const std::shared_ptr<window_budget>& budget)
      : hold_max_(limits::window_hold_max + held.entries->size() * limits::window_hold_each),
        held_(counted(std::move(held), budget)) {}

  /// How long flows may hold it when the router needs the room: the more of them, the longer.
  [[nodiscard]] duration hold_max() const { return hold_max_; }
  /// Null: revoked.
  [[nodiscard]] std::shared_ptr<const content> acquire() const {
    std::scoped_lock lock{mutex_};
    return held_;
  }
  [[nodiscard]] bool is_revoked() const {
    std::scoped_lock lock{mutex_};
    return held_ == nullptr;
  }
  void revoke() {
    std::shared_ptr<const content> dropped;  // freed after the lock
    std::scoped_lock lock{mutex_};
    dropped.swap(held_);
  }

 private:
  /// The content gives its room back when the last holder lets go.
  static std::shared_ptr<const content> counted(content held,
                                                const std::shared_ptr<window_budget>& budget) {
    const auto count = held.events->events().size();
    const auto size = held.events->encoded_size();
    budget->events += count;
    budget->size += size;
    return {new content{std::move(held)}, [budget, count, size](const content* done) {
              delete done;
              budget->give_back(count, size);
            }};
  }

  const duration hold_max_;
  mutable std::mutex mutex_;
  std::shared_ptr<const content> held_;
};

}  // namespace millrace
