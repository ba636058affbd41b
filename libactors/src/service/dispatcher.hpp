/// From requests to calls and back: who may ask, which call it is, which thread works on it.
#pragma once

#include "base/service_limits.hpp"
#include "service/call.hpp"
#include "service/pool.hpp"
#include "service/router.hpp"
#include "service/server.hpp"
#include "service/waiting_places.hpp"

namespace millrace::service {

/// Behind a server; both are stopped by whoever owns them, the server first.
class dispatcher final : public answerer {
 public:
  /// `on` outlives it.
  dispatcher(parts& on, guard watch);

  [[nodiscard]] admission admit(const request& head) override;
  void answer(request asked, std::function<void(response)> done) override;
  void go_on(std::function<void()> piece) override;
  /// Waits for the calls that are worked on.
  void stop();

 private:
  struct under_way;

  [[nodiscard]] upgrade upgrade_of(route to, const request& head);
  [[nodiscard]] result<std::shared_ptr<const void>> place_of(const call& asked, lane where);
  void settle(const std::shared_ptr<under_way>& of, response made);

  parts& on_;
  guard watch_;
  waiting_places waiting_;  // by lane, from `waits` on
  pool works_{{.threads = limits::calls_at_once_max, .queue = limits::calls_queued_max}};
  pool streams_{{.threads = limits::streams_at_once_max, .queue = 0}};
  // Pieces of what a command writes are waited for; others find a thread all the same.
  pool pieces_{{.threads = limits::streams_at_once_max + limits::runs_at_once_max,
                .queue = limits::connections_max}};
};

}  // namespace millrace::service
