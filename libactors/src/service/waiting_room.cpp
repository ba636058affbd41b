#include "service/waiting_room.hpp"

#include <utility>

namespace millrace::service {

waiting_room::waiting_room() : thread_([this] { run(); }) {}

void waiting_room::park(std::function<void()> look) {
  const std::lock_guard locked{guard_};
  if (stopping_) return;
  parked_.push_back(std::move(look));
  if (parked_.size() == 1) changed_.notify_one();
}

void waiting_room::note() {
  const std::lock_guard locked{guard_};
  if (parked_.empty()) return;
  news_ = true;
  changed_.notify_one();
}

void waiting_room::run() {
  std::unique_lock locked{guard_};
  while (!stopping_) {
    changed_.wait(locked, [&] { return stopping_ || !parked_.empty(); });
    // What comes meanwhile makes one look for all of them.
    const auto pause = limits::look_interval + parked_.size() * limits::look_interval_each;
    changed_.wait_for(locked, pause, [&] { return stopping_; });
    changed_.wait_for(locked, limits::look_interval_max, [&] { return stopping_ || news_; });
    news_ = false;
    auto all = std::exchange(parked_, {});
    locked.unlock();
    for (auto& each : all) {
      // Full: it waits for the next round.
      if (!looks_.run(each)) park(std::move(each));
    }
    all.clear();
    locked.lock();
  }
}

void waiting_room::stop() {
  {
    const std::lock_guard locked{guard_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  looks_.stop();
  std::vector<std::function<void()>> dropped;  // not under the lock: what they hold may call note()
  const std::lock_guard locked{guard_};
  dropped.swap(parked_);
}

}  // namespace millrace::service
