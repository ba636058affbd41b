#include "service/pool.hpp"

#include <system_error>

namespace millrace::service {

bool pool::run(std::function<void()> work) {
  const std::lock_guard locked{guard_};
  if (stopping_) return false;
  const auto startable = most_.threads - threads_.size();
  if (queue_.size() >= idle_ + startable + most_.queue) return false;
  queue_.push_back(std::move(work));
  if (queue_.size() > idle_ && startable > 0 && !start_thread() && threads_.empty()) {
    queue_.pop_back();
    return false;
  }
  changed_.notify_one();
  return true;
}

/// False: the system has none to give now. Those that are there do all the work then.
bool pool::start_thread() {
  try {
    threads_.emplace_back([this] { serve(); });
  } catch (const std::system_error&) {
    return false;
  }
  ++idle_;
  return true;
}

void pool::serve() {
  std::unique_lock locked{guard_};
  for (;;) {
    changed_.wait(locked, [&] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    const auto work = std::move(queue_.front());
    queue_.pop_front();
    locked.unlock();
    work();
    locked.lock();
    ++idle_;
  }
}

void pool::stop() {
  {
    const std::lock_guard locked{guard_};
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& each : threads_) each.join();
  threads_.clear();
}

}  // namespace millrace::service
