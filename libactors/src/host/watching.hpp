/// What those ask of a running host who show it, or parts of it, again and again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/engine.hpp"
#include "host/overview.hpp"
#include "millrace/host.hpp"
#include "millrace/statistics.hpp"

namespace millrace {

/// host::statistics(), and each flow of a running build on the way, with what it has not handled.
/// `visit` may end it: closed. Reads the whole directory.
using backlog_visitor = std::function<bool(const flow_view&, const flow_backlog&)>;
[[nodiscard]] result<host_statistics> count_flows(host& over, const backlog_visitor& visit);

/// What the flows have done by now in the place of what they had. Reads nothing.
void refresh_activity(host& over, host_statistics& of);

/// How far routing is, and what the flows are at; the router looks each of them up. Errors: closed,
/// timed_out, storage_failed.
[[nodiscard]] result<engine_loads> loads_of(host& over, std::vector<flow_number> flows);

/// No call is under way or follows when the subscription has ended. It may outlive the host.
/// Errors: closed.
[[nodiscard]] result<subscription> watch_commits(host& over, commit_watcher watcher);

/// host::wait and wait_until_caught_up, without a thread that waits: asked when it is made, and
/// forgotten with it. Any thread.
class wait_for_flows {
 public:
  /// `at` none: all flows, with all there is. `told` is called when there is an outcome, from any
  /// thread, unless this is gone.
  wait_for_flows(host& over, std::optional<position> at, std::function<void()> told);
  /// None: not yet.
  [[nodiscard]] std::optional<result<void>> outcome() const;

 private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

/// Errors: closed. See engine::watch_batches.
result<void> watch_batches(host& over, batch_watcher watcher);

/// The number that a flow has in the build that is served; none: nothing ever started it. Errors:
/// closed, timed_out, storage_failed.
[[nodiscard]] result<std::optional<flow_number>> number_of(host& over, const flow_key& key);

/// How far events are routed to a flow, of the build that is served.
struct routed_inbox {
  std::optional<flow_number> flow;  ///< none: nothing ever started it
  position routed;                  ///< what is before, and was routed to it, is in the store
};
/// Has what is routed written to the store first. Errors: closed, timed_out, storage_failed.
[[nodiscard]] result<routed_inbox> written_inbox(host& over, const flow_key& key);

}  // namespace millrace
