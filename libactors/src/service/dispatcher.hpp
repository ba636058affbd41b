/// From requests to calls and back: who may ask, which call it is, which thread works on it.
#pragma once

#include <array>
#include <atomic>

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
  std::array<std::atomic<std::size_t>, 3> waiting_{};  // by lane, from `waits` on
  pool works_{{.threads = limits::calls_at_once_max, .queue = limits::calls_queued_max}};
  pool streams_{{.threads = limits::streams_at_once_max, .queue = 0}};
  pool pieces_{{.threads = limits::streams_at_once_max, .queue = limits::connections_max}};
};

}  // namespace millrace::service
