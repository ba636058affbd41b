// Histories from elsewhere: what of them only the router knows.
#include <fmt/format.h>

#include "engine/router_actor.hpp"
#include "store/builds.hpp"

namespace millrace {

void router_actor::on_import(const import_call& call) {
  auto& request = *call.request;
  if (auto prepared = prepare(request); !prepared) return request.done(prepared.error());
  context_.writes.submit(std::move(request));
}

/// Rows of types that are new here, and numbers of the flows whose checkpoints come.
result<void> router_actor::prepare(import_request& request) {
  for (const auto& type : request.flow_types) {
    if (auto named = name_type(request, type); !named) return named;
  }
  for (auto& each : request.checkpoints) {
    const auto* row = core_.running(each.key.type());
    if (row == nullptr || !row->inert()) {
      return error{errc::conflict,
                   fmt::format("the flows of {} are run by this store: the checkpoint of {} cannot "
                               "be imported",
                               each.key.type(), each.key.text())};
    }
    auto place = core_.enlist(each.key);
    if (!place) return place.error();
    each.flow = place->flow->entry.number;
    if (place->fresh) request.flows.push_back(place->flow->entry);
  }
  return {};
}

/// A type that has no flows here yet is inert from now on.
result<void> router_actor::name_type(import_request& request, const std::string& type) {
  const auto* known = core_.running(type);
  if (known != nullptr && known->inert()) return {};
  auto lives_here = has_flows(type);
  if (!lives_here) return lives_here.error();
  if (*lives_here) return {};
  v1::FlowType row = known == nullptr ? v1::FlowType{} : *known;
  row.set_name(type);
  row.set_build(static_cast<std::uint32_t>(build_of(row)));
  row.set_served(true);
  row.set_inert(true);
  row.set_explicit_only(true);
  core_.put(row);
  request.rows.push_back(std::move(row));
  return {};
}

result<bool> router_actor::has_flows(const std::string& type) const {
  bool found = false;
  auto read = context_.stored.flows(type, [&](const flow_row&) {
    found = true;
    return false;
  });
  if (!read) return read.error();
  return found;
}

void router_actor::on_adopt(const adopt_call& call) {
  const auto* known = core_.running(call.type);
  if (known == nullptr) {
    return (*call.answer)(error{errc::not_found, "no flow type " + call.type});
  }
  if (!known->inert()) {
    return (*call.answer)(
        error{errc::conflict, call.type + " is not waiting to be adopted: it runs here"});
  }
  auto row = *known;
  row.set_inert(false);
  if (context_.interest.find(call.type)) {
    // Its own route() is asked from here on.
    row.set_explicit_only(false);
    row.set_since(core_.explicitly_routed().value);
    row.set_routed(row.since());
    row.set_explicit_before(row.since());
  }
  core_.put(row);  // now: what is written after this must not bring the former row back
  adopt_request request{
      .row = std::move(row), .activated = call.activated, .skipped = call.skipped};
  const auto self = caf::actor_cast<caf::actor>(this);
  request.done = [self, answer = call.answer, type = call.type](const result<void>& outcome) {
    tell(self, adopted{answer, type, outcome ? std::nullopt : std::optional{outcome.error()}});
  };
  context_.writes.submit(std::move(request));
}

/// The events that waited for it are handled from now on.
void router_actor::on_adopted(const adopted& news) {
  if (news.failed) return (*news.answer)(*news.failed);
  if (context_.run_flows) {
    auto read = context_.stored.pending([&](const flow_row& row) {
      const bool is_of_type = row.entry.key.type() == news.type;
      if (is_of_type) to_wake_.emplace_back(row.entry.key, row.entry.build);
      return true;
    });
    if (!read) return context_.fail(read.error());
    wake_pending();
  }
  go_on();
  (*news.answer)({});
}

}  // namespace millrace
