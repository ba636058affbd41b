// Turns of flows that another process hosts: what of them only the router knows.
#include <fmt/format.h>

#include <algorithm>

#include "engine/router_actor.hpp"

namespace millrace {

void router_actor::on_foreign(const foreign_call& call) {
  auto& request = *call.request;
  const auto number = number_of_foreign(request);
  if (!number) return request.done(number.error());
  request.flow = *number;
  context_.writes.submit(std::move(request));
}

/// Of a flow that nobody here runs, and whose entry is in the store before this is written.
result<flow_number> router_actor::number_of_foreign(const flow_commit& request) {
  if (drained_) return error{errc::closed, "the host is stopping"};
  const std::string type{request.key.type()};
  const auto* row = core_.running(type);
  if (context_.interest.find(type) || (row != nullptr && !row->explicit_only())) {
    return error{errc::conflict, "the flows of " + type + " are not hosted elsewhere"};
  }
  auto flow = core_.find(request.key);
  if (!flow) return flow.error();
  if (*flow == nullptr) return error{errc::not_found, "no flow " + request.key.text()};
  if ((*flow)->enlisted) return error{errc::overloaded, "the flow is being imported"};
  const auto& after = request.decided.checkpoint;
  std::vector<position> named;
  if (after.has_position() && request.expected != position{after.position()}) {
    named.push_back(position{after.position()});
  }
  if (after.has_error_position()) named.push_back(position{after.error_position()});
  for (const auto at : named) {
    auto known = is_entry(**flow, at);
    if (!known) return known.error();
    if (*known) continue;
    return error{errc::invalid, fmt::format("the inbox of {} has no entry at position {}",
                                            request.key.text(), at.value)};
  }
  return (*flow)->entry.number;
}

/// Whether the flow was given this event.
result<bool> router_actor::is_entry(const routed_flow& flow, position at) const {
  const auto is_there = [at](const posting& one) { return one.at == at; };
  bool found = false;
  flow.unwritten.each([&](posting one) { return !(found = is_there(one)); });
  if (found) return true;
  const auto before = at.value == 0 ? std::nullopt : std::optional{position{at.value - 1}};
  auto stored = context_.stored.postings(flow.entry.number, before, 1);
  if (!stored) return stored.error();
  return !stored->empty() && is_there(stored->front());
}

}  // namespace millrace
