// The WebSockets. docs/guide/monitor.md
#include "base/service_limits.hpp"
#include "service/endpoints.hpp"
#include "service/monitor.hpp"
#include "service/problem.hpp"
#include "service/subscriptions.hpp"
#include "service/view_request.hpp"

namespace millrace::service {
namespace {

response needs_upgrade(const call&) {
  return problem(426, {errc::invalid, "this address is a WebSocket"}).with("upgrade", "websocket");
}

std::shared_ptr<conversation> watch(const call& asked, std::weak_ptr<outlet> to) {
  auto first = view_of(asked);
  const auto refused = first ? std::nullopt : std::optional{first.error()};
  const auto client = to.lock();
  auto made = asked.of.watched->talk_to(std::move(to), first ? std::move(*first) : view_wish{});
  if (refused && client) client->close(close_code::not_understood, refused->message);
  return made;
}

std::shared_ptr<conversation> follow(const call& asked, std::weak_ptr<outlet> to) {
  return asked.of.followed->talk_to(std::move(to));
}

}  // namespace

std::vector<endpoint> socket_endpoints() {
  return {
      {.method = "GET",
       .path = "/v1/monitor",
       .summary = "A WebSocket: how everything stands, and what changes",
       .where = lane::socket,
       .arguments = {{"type", "string", "Only flows of this type"},
                     {"status", "string", "Only those that are idle, pending or stopped"},
                     {"contains", "string", "Only those with this in their key"},
                     {"limit", "integer", "So many at most, 2000 at most; usually 1000"}},
       .statuses = {101},
       .answer = needs_upgrade,
       .talk = watch,
       .sockets_max = limits::monitor_sockets_max},
      {.method = "GET",
       .path = "/v1/subscribe",
       .summary = "A WebSocket: events from a position, or the states of a query",
       .where = lane::socket,
       .statuses = {101},
       .answer = needs_upgrade,
       .talk = follow,
       .sockets_max = limits::subscribe_sockets_max},
  };
}

}  // namespace millrace::service
