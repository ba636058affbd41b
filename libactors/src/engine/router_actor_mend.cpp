// How the router puts mended derived data in the place of what is stored, while it goes on routing.
#include "engine/router_actor.hpp"
#include "store/builds.hpp"
#include "store/rules.hpp"

namespace millrace {

void router_actor::on_mend(const mend_call& call) {
  mends_.push_back(call);
  mend_next();
}

/// One request at a time, and none while derived data is on its way into the store.
void router_actor::mend_next() {
  if (mends_.empty() || writing_) return;
  const auto call = std::move(mends_.front());
  mends_.pop_front();
  if (const auto failure = context_.failure_now()) return (*call.answer)(*failure);
  if (drained_) return (*call.answer)(error{errc::closed, "the host is stopping"});
  mend_outcome outcome{
      .now = {.rows = {}, .routed = core_.explicitly_routed(), .tail = context_.writes.tail()}};
  for (const auto& [name, row] : core_.types()) outcome.now.rows.push_back(row);
  const routing_plan plan{context_.interest, context_.types, outcome.now};
  if (distance(*call.request, plan) > context_.bounds.mend_distance) return (*call.answer)(outcome);
  if (auto read = bring_up(*call.request, context_.stored, plan); !read) {
    return (*call.answer)(read.error());
  }
  auto flows = mend(*call.request);
  if (!flows) {
    context_.fail(flows.error());
    return (*call.answer)(flows.error());
  }
  outcome.taken = true;
  write_then([this, flows = std::move(*flows), answer = call.answer, outcome] {
    on_mended(flows);
    (*answer)(outcome);
  });
}

namespace {

/// Of a flow that was lost with its checkpoint. What it emitted is on the timeline: it must not
/// emit that again.
std::optional<v1::Checkpoint> deciding_again(const inbox_mend& of) {
  if (!of.decided_until) return {};
  v1::Checkpoint made;
  made.set_generation(first_generation(of.build));
  made.set_replay_until(of.decided_until->value);
  return made;
}

}  // namespace

/// Hands it to the core; the next write carries it. Gives the flows that have another inbox then.
result<router_actor::flow_names> router_actor::mend(mend_request& request) {
  flow_names flows;
  for (auto& each : request.inboxes) {
    // Its type may have begun anew while this was made.
    const auto* row = core_.row(each.key.type(), each.build);
    const bool is_over =
        row == nullptr ? core_.running(each.key.type()) != nullptr : row->retired();
    if (is_over) continue;
    if (each.postings.empty() && each.may_be_erased) {
      auto erased = core_.erase(each.key, each.build);
      if (!erased) return erased.error();
      if (*erased) continue;
    }
    const auto born = each.born.value_or(unplaced);
    auto made =
        core_.replace(each.key, each.build, born, std::move(each.postings), deciding_again(each));
    if (!made) return made.error();
    if (*made != nullptr) flows.emplace_back(each.key, each.build);
  }
  for (const auto orphan : request.orphans) core_.erase(orphan);
  for (auto& each : request.effects) core_.replace({each.span, std::move(each.effects)});
  return flows;
}

void router_actor::on_mended(const flow_names& flows) {
  for (const auto& [key, build] : flows) {
    auto flow = core_.find(key, build);
    if (!flow) return context_.fail(flow.error());
    if (*flow == nullptr || flows_.on_replaced(**flow)) continue;
    if (!context_.run_flows || !core_.runs(**flow)) continue;
    auto row = context_.stored.find_flow((*flow)->entry.number);
    if (!row) return context_.fail(row.error());
    if (*row && is_pending((*row)->latest, (*row)->checkpoint)) to_wake_.emplace_back(key, build);
  }
  wake_pending();
}

}  // namespace millrace
