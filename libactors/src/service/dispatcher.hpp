/// From requests to calls and back: who may ask, which call it is, which thread works on it.
#pragma once

#include "base/service_limits.hpp"
#include "service/call.hpp"
#include "service/pool.hpp"
#include "service/router.hpp"
#include "service/server.hpp"

namespace millrace::service {

/// Behind a server; both are stopped by whoever owns them, the server first.
class dispatcher final : public answerer {
 public:
  /// `on` outlives it.
  dispatcher(parts& on, guard watch) : on_(on), watch_(std::move(watch)) {}

  [[nodiscard]] std::variant<std::size_t, response, upgrade> admit(const request& head) override;
  void answer(request asked, std::function<void(response)> done) override;
  /// Waits for the calls that are worked on.
  void stop();

 private:
  [[nodiscard]] upgrade upgrade_of(route to, const request& head);
  [[nodiscard]] pool& pool_of(const endpoint& to, const call& asked);

  parts& on_;
  guard watch_;
  pool works_{{.threads = limits::calls_at_once_max, .queue = limits::calls_queued_max}};
  pool waits_{{.threads = limits::calls_waiting_max, .queue = 0}};
  pool waits_after_append_{{.threads = limits::calls_waiting_max, .queue = 0}};
};

}  // namespace millrace::service
