/// `/v1/subscribe`: events and states, as far as the client has room for them.
/// docs/guide/monitor.md
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/service_limits.hpp"
#include "service/call.hpp"
#include "service/conversation.hpp"
#include "service/pool.hpp"

namespace millrace::service {

/// All subscriptions of a service. They read from the store on threads that they share, a slice in
/// turn, and each holds the slice that is being sent and no more. Any thread.
class subscriptions {
 public:
  explicit subscriptions(parts& of) : of_(of) {}
  ~subscriptions() { stop(); }
  subscriptions(const subscriptions&) = delete;
  subscriptions& operator=(const subscriptions&) = delete;

  [[nodiscard]] std::shared_ptr<conversation> talk_to(std::weak_ptr<outlet> client);
  /// On a thread of the journal: wakes those whom it may concern.
  void note(const commit_batch& written);
  void stop() { threads_.stop(); }

 private:
  class one;

  parts& of_;
  pool threads_{{.threads = limits::subscription_threads, .queue = limits::subscribe_sockets_max}};
  std::mutex guard_;
  std::vector<std::weak_ptr<one>> open_;
};

}  // namespace millrace::service
