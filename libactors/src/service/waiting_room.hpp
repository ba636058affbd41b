/// Calls that wait, and hold no thread while they do.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/service_limits.hpp"
#include "service/pool.hpp"

namespace millrace::service {

/// Each is looked at when something happened, the more rarely the more there are, and also when
/// nothing did (limits::look_interval…); a few at a time. How many there are is bounded by
/// whoever sends them here. Any thread; whoever made it calls stop().
class waiting_room {
 public:
  waiting_room();
  waiting_room(const waiting_room&) = delete;
  waiting_room& operator=(const waiting_room&) = delete;
  ~waiting_room() { stop(); }

  /// `look` is called once, soon, and may come back. After stop() it is dropped.
  void park(std::function<void()> look);
  /// Something happened that may concern them. Cheap while nobody waits.
  void note();
  /// Waits for looks under way; drops the rest.
  void stop();

 private:
  void run();

  pool looks_{{.threads = limits::looks_at_once_max, .queue = 3 * limits::calls_waiting_max}};
  std::mutex guard_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> parked_;
  bool news_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace::service
