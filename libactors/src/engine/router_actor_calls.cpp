// What the router actor answers: everything that depends on how far routing and the flows are.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/router_actor.hpp"

namespace millrace {
namespace {

error parked(const v1::FlowType& type) {
  return {errc::stopped, fmt::format("the routing of {} is stopped at position {}: {}", type.name(),
                                     type.error_position(), type.error_message())};
}

}  // namespace

void router_actor::on_news(const committed_news& news) {
  if (news.what->begin != news.what->end && news.what->in_memory) source_.add(news.what);
  go_on();
  const auto tail = context_.writes.tail();
  std::erase_if(watchers_, [&](const watch_tail& each) {
    const bool moved = each.seen < tail;
    if (moved) tell(*this, each.watcher, tail_moved{});
    return moved;
  });
}

void router_actor::on_watch(const watch_tail& request) {
  if (request.seen < context_.writes.tail()) {
    tell(*this, request.watcher, tail_moved{});
  } else {
    watchers_.push_back(request);
  }
}

/// Calls when everything up to `through` is routed to the flow's build, and the postings of it are
/// in the store.
void router_actor::when_routed(const flow_entry& flow, position through,
                               std::function<void()> written) {
  routed_calls_.push_back({std::string{flow.key.type()}, flow.build, through, std::move(written)});
  on_progress();
}

/// How far a build is routed; a retired one for good.
position router_actor::routed_to(std::string_view type, build_number build) const {
  const auto* row = core_.row(type, build);
  if (row == nullptr) return core_.explicitly_routed();
  if (row->retired()) return position{row->frozen_at()};
  return row->explicit_only() ? core_.explicitly_routed() : position{row->routed()};
}

void router_actor::on_unwritten(const unwritten_call& call) {
  unwritten_flows found{.latest = core_.unwritten_latest(), .parked = {}};
  for (const auto& [name, type] : core_.types()) {
    if (type.has_error_position() && !type.retired()) found.parked.push_back(type);
  }
  (*call.answer)(std::move(found));
}

/// Something moved: see which of those who wait for it can be answered.
void router_actor::on_progress() {
  if (context_.failed) {
    const auto why = *context_.failure_now();
    flows_.refuse_repairs(why);
    if (agrees_) (*std::exchange(agrees_, std::nullopt)->answer)(why);
    check_drained();
  }
  std::erase_if(routed_calls_, [this](routed_call& each) {
    const auto* row = core_.row(each.type, each.build);
    const bool is_final = row != nullptr && (row->retired() || row->has_error_position());
    if (!is_final && routed_to(each.type, each.build) <= each.through) return false;
    write_then(std::move(each.written));
    return true;
  });
  std::erase_if(appends_, [this](const auto& each) { return try_append(each.first, each.second); });
  std::erase_if(waiters_,
                [this](waiter& each) { return each.call.caller.expired() || try_answer(each); });
  std::erase_if(caught_up_calls_, [](const auto& each) { return each.caller.expired(); });
  check_drops();
  check_resets();
  // Looked at first: a flow that commits meanwhile must not make the answer come before the switch.
  const bool nothing_left = !caught_up_calls_.empty() && caught_up();
  check_successors();
  look_at_contracts();
  context_.watch_all = !caught_up_calls_.empty() || awaits_switch();
  if (caught_up_calls_.empty()) return;
  const auto failure = context_.failure_now();
  if (!failure && (!nothing_left || serving_ > 0)) return;
  context_.watch_all = awaits_switch();
  for (const auto& each : std::exchange(caught_up_calls_, {})) {
    (*each.answer)(failure ? result<void>{*failure} : result<void>{});
  }
}

bool router_actor::caught_up() {
  const auto head = core_.head();
  return head == context_.writes.tail() && core_.needed() == head && to_wake_.empty() &&
         flows_.waking() == 0 && context_.timer_changes == context_.timer_changes_settled &&
         flows_.all_settled();
}

/// Finds out which flows the event went to. not_found: there is no such event.
result<void> router_actor::resolve(waiter& one) {
  const std::array<position, 1> wanted{one.call.at};
  window_builder built{context_.types, one.call.at};
  auto read = context_.stored.fetch(wanted, [&](const event_row& row) {
    built.add(row.at, row.type, row.time, row.payload, row.envelope);
    return true;
  });
  if (!read) return read;
  if (built.size() == 0) {
    return error{errc::not_found, fmt::format("no event at position {}", one.call.at.value)};
  }
  const auto events = built.finish(one.call.at.next());
  for (const auto type : context_.interest.observers(events->events().front().type)) {
    const auto& progress = core_.progress(type);
    if (progress.has_error_position() && progress.routed() <= one.call.at.value) {
      return parked(progress);
    }
  }
  auto reached = core_.reached(events->events().front());
  if (!reached) return reached.error();
  for (const auto* flow : *reached) {
    // What is made from history beside all this is waited for by nobody.
    const bool is_there = routed_to(flow->entry.key.type(), flow->entry.build) > one.call.at;
    if (core_.runs(*flow) && is_there) {
      one.flows.emplace_back(flow->entry.key, flow->entry.build);
    }
  }
  one.resolved = true;
  return {};
}

bool router_actor::try_answer(waiter& one) {
  const auto answer = [&](const result<void>& outcome) {
    (*one.call.answer)(outcome);
    return true;
  };
  if (const auto failure = context_.failure_now()) return answer(*failure);
  if (!one.resolved) {
    if (one.call.at < context_.writes.tail() && core_.head() <= one.call.at) return false;
    if (auto known = resolve(one); !known) return answer(known);
  }
  while (!one.flows.empty()) {
    const auto& [key, build] = one.flows.back();
    auto flow = core_.find(key, build);
    if (!flow) return answer(flow.error());
    if (*flow == nullptr || !core_.runs(**flow)) {
      one.flows.pop_back();  // its type was reset meanwhile
      continue;
    }
    auto handled = flows_.has_handled(**flow, one.call.at);
    if (!handled) return answer(handled.error());
    if (!handled->has_value()) {
      return answer(
          error{errc::stopped, key.text() + " is stopped; see `flow " + key.text() + "`"});
    }
    if (!**handled) {
      flows_.wake(**flow);
      flows_.watch((*flow)->entry.number);
      // It may have committed after the look and before the watch: then nobody would tell.
      handled = flows_.has_handled(**flow, one.call.at);
      if (handled && handled->has_value() && !**handled) return false;
      continue;
    }
    one.flows.pop_back();
  }
  return answer({});
}

void router_actor::on_inspect(const inspect_call& call) {
  const auto build = shown(call.key.type());
  auto flow = core_.find(call.key, build);
  if (!flow) return (*call.answer)(flow.error());
  engine_inspection found{
      .flow = {}, .latest = {}, .served = {}, .routed = routed_to(call.key.type(), build)};
  if (*flow != nullptr) {
    found.flow = (*flow)->entry.number;
    found.latest = (*flow)->latest;
  }
  if (const auto* row = core_.row(call.key.type(), build)) found.served = *row;
  (*call.answer)(std::move(found));
}

void router_actor::on_statistics(const statistics_call& call) {
  const auto reply = [this, call] {
    std::optional<flow_activity> seen;
    auto flow = call.key ? core_.find(*call.key) : result<routed_flow*>{nullptr};
    if (!flow) return (*call.answer)(flow.error());
    if (*flow != nullptr) {
      if (auto load = flows_.load((*flow)->entry.number)) seen = load->activity;
    }
    (*call.answer)(seen);
  };
  if (!writing_ && !core_.has_unwritten()) return reply();
  write_then(reply);
}

void router_actor::on_loads(const loads_call& call) {
  engine_loads seen{.head = core_.head(), .flows = {}};
  seen.flows.reserve(call.flows.size());
  for (const auto flow : call.flows) seen.flows.push_back(flows_.load(flow));
  (*call.answer)(std::move(seen));
}

void router_actor::on_repair(const repair_call& asked) {
  auto call = asked;
  const auto self = caf::actor_cast<caf::actor>(this);
  const auto told = [self, answer = asked.answer](const result<void>& outcome) {
    (*answer)(outcome);
    tell(self, repaired{});
  };
  call.answer = std::make_shared<answer_to<void>>(told);
  const auto* type = core_.running(call.key.text());
  const bool resets = call.order.what == repair_order::kind::reset;
  const auto versions = context_.interest.versions(call.key.text());
  const bool parked = std::any_of(versions.begin(), versions.end(), [this](std::uint32_t version) {
    return core_.progress(version).has_error_position();
  });
  if (!resets && parked) {
    const bool skips = call.order.what == repair_order::kind::skip;
    if (auto taken = core_.unpark(call.key.text(), skips); !taken) {
      return (*call.answer)(taken.error());
    }
    write_then([answer = call.answer] { (*answer)({}); });
    return go_on();
  }
  auto flow = core_.find(call.key);
  if (!flow) return (*call.answer)(flow.error());
  if (*flow == nullptr) {
    const bool is_type = type != nullptr;
    if (is_type && resets) {
      return (*call.answer)(error{errc::unknown_type, "no flow type " + call.key.text() + " here"});
    }
    if (!is_type && is_yet_to_begin(call.key)) {
      return (*call.answer)(error{
          errc::conflict, call.key.text() + " begins anew with its type, and has not begun yet"});
    }
    return (*call.answer)(
        is_type ? error{errc::conflict, "the routing of " + call.key.text() + " is not stopped"}
                : error{errc::not_found, "no flow " + call.key.text()});
  }
  flows_.repair(**flow, {.order = call.order, .answer = call.answer});
}

void router_actor::on_conditional_append(const conditional_append_call& call) {
  // What was appended before the call counts, so it has to be routed first.
  appends_.emplace_back(context_.writes.tail(), call);
  on_progress();
}

/// How far events are routed to flows of a type. Errors: stopped, when that is parked.
result<position> router_actor::routed_for(std::string_view flow_type) const {
  const auto type = context_.interest.find(flow_type);
  if (!type) {
    const auto* row = core_.running(flow_type);
    if (row == nullptr || row->explicit_only()) return core_.explicitly_routed();
    return error{errc::unknown_type, fmt::format("no flow type {} here: its own program knows what "
                                                 "was routed to its flows",
                                                 flow_type)};
  }
  if (core_.progress(*type).has_error_position()) return parked(core_.progress(*type));
  const auto routed = core_.routed_to(*type);
  if (routed.value + limits::window_events_max >= core_.head().value) return routed;
  return error{errc::overloaded, fmt::format("{} is given its history: what reached its flows last "
                                             "is not known yet",
                                             flow_type)};
}

/// False: what was appended before the call is not routed yet.
bool router_actor::try_append(position appended, const conditional_append_call& call) {
  auto& request = *call.request;
  const auto refuse = [&](const error& why) {
    context_.writes.give_back(request);
    request.done(why);
    return true;
  };
  const auto& wanted = *request.condition.flow_latest;
  if (const auto failure = context_.failure_now()) return refuse(*failure);
  const auto routed = routed_for(wanted.flow.type());
  if (!routed) return refuse(routed.error());
  if (*routed < appended) return false;
  auto flow = core_.find(wanted.flow);
  if (!flow) return refuse(flow.error());
  const auto latest = *flow == nullptr ? std::nullopt : (*flow)->latest;
  if (latest != wanted.at) {
    const auto shown = [](std::optional<position> at) {
      return at ? std::to_string(at->value) : std::string{"none"};
    };
    request.conflict =
        error{errc::conflict, fmt::format("the latest position of {} is {}, not {}",
                                          wanted.flow.text(), shown(latest), shown(wanted.at))};
  }
  request.routed = *routed;
  context_.writes.submit(std::move(request));
  return true;
}

void router_actor::refuse_calls(const error& why) {
  for (const auto& each : std::exchange(waiters_, {})) (*each.call.answer)(why);
  for (const auto& each : std::exchange(caught_up_calls_, {})) (*each.answer)(why);
  for (const auto& each : std::exchange(appends_, {})) each.second.request->done(why);
  for (const auto& each : std::exchange(mends_, {})) (*each.answer)(why);
  for (const auto& each : std::exchange(resets_, {})) (*each.answer)(why);
  if (agrees_) (*std::exchange(agrees_, std::nullopt)->answer)(why);
}

void router_actor::on_drain(const drain_call& call) {
  drained_ = call.answer;
  to_wake_.clear();
  flows_.drain_all();
  check_drained();
}

/// The next start finds nothing to route; but a long way to the tail is left for it.
bool router_actor::routed_enough_to_end() const {
  const auto left = context_.writes.tail().value - core_.head().value;
  return left == 0 || left > context_.bounds.window;
}

/// When every flow actor has left, what is not written yet is written, and that is the end.
void router_actor::check_drained() {
  if (!drained_) return;
  if (const auto failure = context_.failure_now()) return answer_drained(*failure);
  if (!flows_.empty() || writing_) return;
  if (!routed_enough_to_end()) return go_on();
  if (core_.has_unwritten()) return write();
  answer_drained({});
}

/// Once; what comes after it still finds the actor draining.
void router_actor::answer_drained(const result<void>& outcome) {
  const auto answer = std::exchange(drained_, std::make_shared<answer_to<void>>([](auto&&) {}));
  (*answer)(outcome);
}

}  // namespace millrace
