#include "engine/router_actor.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace millrace {

router_actor::router_actor(caf::actor_config& config, start from)
    : caf::event_based_actor(config),
      context_(*from.context),
      opened_at_(context_.writes.tail()),
      core_(
          context_.interest, std::move(from.from),
          [this](std::span<const flow_name> names) { return find_flows(context_.stored, names); }),
      flows_(context_, *this, core_) {
  find_shown();
}

caf::behavior router_actor::make_behavior() {
  on_escaped_exception(*this, [&context = context_](const std::exception_ptr& thrown) {
    context.fail(broken_by(thrown));
  });
  // Before there is a window that could be given back.
  context_.budget->on_room = [self = caf::actor_cast<caf::actor>(this)] { tell(self, pump{}); };
  if (context_.run_flows) {
    auto read = context_.stored.pending([this](const flow_row& row) {
      if (core_.runs(row.entry)) to_wake_.emplace_back(row.entry.key, row.entry.build);
      return true;
    });
    if (!read) context_.fail(read.error());
    wake_pending();
  }
  go_on();
  return {
      [this](const committed_news& news) { on_news(news); },
      [this](pump) {
        pumping_ = false;
        on_pump();
      },
      [this](window_read& news) {
        source_.arrived(news, core_.head());
        go_on();
      },
      [this](const take_on& request) {
        flows_.on_take_on(request);
        wake_pending();
        on_progress();
      },
      [this](const fell_behind& news) { flows_.on_fell_behind(news.flow); },
      [this](const progressed& news) {
        flows_.on_progressed(news.flow);
        wake_pending();
        on_progress();
      },
      [this](const flow_left& news) {
        flows_.on_left(news);
        wake_pending();
        on_progress();
        check_drained();
      },
      [this](const lane_news& news) { on_lane_news(news); },
      [this](const derived_written& news) { on_written(news); },
      [this](router_tick) { on_tick(); },
      [this](const need_postings& request) {
        const auto* flow = flows_.find(request.flow);
        if (flow == nullptr) return;
        when_routed(flow->entry, request.through,
                    [this, asker = request.asker] { tell(*this, asker, postings_written{}); });
      },
      [this](timers_settled) { on_progress(); },
      [this](const wait_call& call) {
        waiters_.push_back({.call = call, .resolved = false, .flows = {}});
        on_progress();
      },
      [this](const caught_up_call& call) {
        caught_up_calls_.push_back(call);
        context_.watch_all = true;
        on_progress();
      },
      [this](const inspect_call& call) { on_inspect(call); },
      [this](const unwritten_call& call) { on_unwritten(call); },
      [this](const write_call& call) {
        when_routed({{}, call.key, {}, call.build}, call.through,
                    [answer = call.answer] { (*answer)({}); });
      },
      [this](const statistics_call& call) { on_statistics(call); },
      [this](const loads_call& call) { on_loads(call); },
      [this](const repair_call& call) { on_repair(call); },
      [this](repaired) {
        for (auto& one : successors_) one.is_blocked = false;  // looks again
        on_progress();
      },
      [this](const conditional_append_call& call) { on_conditional_append(call); },
      [this](const foreign_call& call) { on_foreign(call); },
      [this](const import_call& call) { on_import(call); },
      [this](const switch_call& call) { on_switch(call); },
      [this](const type_reset_call& call) { on_type_reset(call); },
      [this](const adopt_call& call) { on_adopt(call); },
      [this](const import_ended& news) { on_import_ended(news); },
      [this](const mend_call& call) { on_mend(call); },
      [this](const lag_call& call) { on_agreed(call); },
      [this](const watch_tail& request) { on_watch(request); },
      [this](const drain_call& call) { on_drain(call); },
  };
}

void router_actor::on_exit() {
  // Who waits for a repair holds this actor: it would keep itself.
  flows_.kill_all();
  source_.end();
  after_next_write_.clear();
  after_this_write_.clear();
  watchers_.clear();
  refuse_calls({errc::closed, "the host is stopping"});
  life_.end();
}

// Windows.

void router_actor::go_on() {
  if (std::exchange(pumping_, true)) return;
  tell(*this, caf::actor_cast<caf::actor>(this), pump{});
}

void router_actor::on_pump() {
  if (context_.failed) return;
  if (drained_ && routed_enough_to_end()) return check_drained();
  const bool too_much_unwritten = core_.unwritten() >= unwritten_max() / 2 + being_written_max_;
  // Goes on when that is written: half as many again may wait meanwhile. A flow that begins anew
  // reads from the store what the one before it was routed and had not handled: with less, it would
  // take that for decided.
  if ((too_much_unwritten && writing_) || core_.is_erasing() || begins_build_) return;
  if (!make_room(windows_for::all)) return;
  const auto events = next_window();
  if (!events) return at_rest();
  route(events);
  go_on();
}

/// False: no room, and the pump runs again when there is some. A window that a lane goes on to is
/// not taken back: its flows would become actors, hundreds of thousands of them, which take longer
/// still.
bool router_actor::make_room(windows_for whom) {
  while (!leases_.empty() && leases_.front().lease.expired()) leases_.pop_front();
  auto& budget = *context_.budget;
  const auto has_room = [&] { return budget.has_room(whom); };
  const auto now = context_.time.steady();
  while (!has_room() && !leases_.empty()) {
    const auto lease = leases_.front().lease.lock();
    if (lease && (now <= leases_.front().until || flows_.is_in_lanes(*lease))) break;
    if (lease) lease->revoke();
    leases_.pop_front();
  }
  if (has_room()) return true;
  budget.wanted = true;
  if (has_room()) return true;  // given back between the two looks
  arm_tick();
  return false;
}

/// At the tail and behind it take turns, and what slow flows hold of the windows behind it leaves
/// room for one at the tail, so that a type that lags holds nobody up.
std::shared_ptr<const window> router_actor::next_window() {
  const auto head = core_.head();
  const auto needed = core_.needed();
  const auto tail = context_.writes.tail();
  const bool lags = needed < head;
  if (head == tail) flows_.run_dry(windows_for::all);
  if (!lags) flows_.run_dry(windows_for::lagging);
  const auto may_have = lags && (head == tail || !lag_began_) ? lag_room() : 0;
  if (may_have > 0) {
    lag_began_ = context_.time.steady();
    return source_.of_store(needed, head, may_have);
  }
  lag_began_.reset();
  return head == tail ? nullptr : source_.at_head(head, tail);
}

/// How many events of its history a type that lags may have now; when it is 0, the pump runs again.
std::size_t router_actor::lag_room() {
  if (!make_room(windows_for::lagging)) return 0;
  const auto now = context_.time.steady();
  if (const auto events = pace_.next(now); events > 0) return events;
  context_.budget->wanted = true;
  const auto events = pace_.next(now);  // done with between the two looks
  if (events == 0) arm_tick();
  return events;
}

void router_actor::route(const std::shared_ptr<const window>& events) {
  auto routed = core_.route(*events);
  if (!routed) return context_.fail(routed.error());
  context_.counted.routed += events->events().size();
  enter(routed->started);
  push_all(*routed, events);
  arm_tick();
  if (core_.unwritten() >= unwritten_max() || core_.touched() >= awake_max()) write();
  on_progress();
}

void router_actor::push_all(routed_window& routed, const std::shared_ptr<const window>& events) {
  if (!context_.run_flows || drained_ || routed.deliveries.empty()) return;
  const bool lags = lag_began_.has_value();
  const auto whom = lags ? windows_for::lagging : windows_for::all;
  const bool more = events->end() < (lags ? core_.head() : context_.writes.tail());
  const bool is_bulk = more && !agrees_ && events->events().size() >= context_.bounds.lane_window;
  auto lease = std::make_shared<window_lease>(
      window_lease::content{events, std::move(routed.entries)}, context_.budget);
  const auto held_here = lease->acquire();
  const auto& entries = *held_here->entries;
  flows_.begin_window(whom, is_bulk);
  for (const auto& each : routed.deliveries) {
    const auto number = each.flow->entry.number;
    const bool fresh = routed.first_new && number >= *routed.first_new;
    const auto first = events->events()[entries[each.first].index()].at;
    const auto last = events->events()[entries[each.first + each.count - 1].index()].at;
    flows_.push(*each.flow, fresh, first,
                {.lease = lease,
                 .first = each.first,
                 .count = each.count,
                 .previous = each.previous,
                 .last = last,
                 .more = more});
  }
  const bool in_lane = flows_.end_window();
  if (lags) {
    pace_.sent(lease, flows_.holders(), in_lane, *lag_began_, context_.time.steady());
  }
  if (leases_.size() >= leases_looked_through_at_) {
    std::erase_if(leases_, [](const leased& each) { return each.lease.expired(); });
    leases_looked_through_at_ = std::max<std::size_t>(1024, 2 * leases_.size());
  }
  leases_.push_back({lease, context_.time.steady() + lease->hold_max()});
}

void router_actor::at_rest() {
  if (core_.has_unwritten()) arm_tick();
  on_progress();
}

/// What a lane committed may be what somebody waits for.
void router_actor::on_lane_news(const lane_news& news) {
  for (auto& each : flows_.on_lane_news(news, core_)) to_wake_.push_back(std::move(each));
  wake_pending();
  if (news.closed) {
    core_.look_for_resting();
    forget();
  }
  if (news.closed && agrees_) {
    const auto call = *std::exchange(agrees_, std::nullopt);
    on_agreed(call);
  }
  on_progress();
  check_drained();
}

/// Flows that have something pending, when the engine starts and when they leave a lane; not all at
/// once.
void router_actor::wake_pending() {
  while (!drained_ && !to_wake_.empty() && flows_.waking() < limits::waking_flows_max) {
    auto found = core_.find(to_wake_.front().first, to_wake_.front().second);
    to_wake_.pop_front();
    if (!found) return context_.fail(found.error());
    if (*found != nullptr) flows_.wake(**found);
  }
  if (to_wake_.empty()) contracts_woken();
}

// Writing derived data.

void router_actor::write() {
  if (writing_ || context_.failed) return;
  writing_ = true;
  being_written_max_ = unwritten_max();
  after_this_write_ = std::exchange(after_next_write_, {});
  derived_commit request{.part = core_.take_unwritten(), .done = {}};
  auto& entries = request.part.flows;
  entries.insert(entries.begin(), held_entries_.begin(), held_entries_.end());
  held_entries_.clear();
  const auto self = caf::actor_cast<caf::actor>(this);
  request.done = [self](const result<void>& outcome) {
    tell(self, derived_written{outcome ? std::nullopt : std::optional{outcome.error()}});
  };
  context_.writes.submit(std::move(request));
}

/// After a failure nobody is called: who waits for an answer gets `closed`.
void router_actor::write_then(std::function<void()> then) {
  if (context_.failed) return;
  after_next_write_.push_back(std::move(then));
  write();
}

void router_actor::on_written(const derived_written& news) {
  writing_ = false;
  if (news.failed) {
    context_.fail(*news.failed);
    after_this_write_.clear();
    after_next_write_.clear();
    drops_.clear();
    for (const auto& each : std::exchange(mends_, {})) (*each.answer)(*news.failed);
    return on_progress();
  }
  core_.written();
  forget();
  for (const auto& then : std::exchange(after_this_write_, {})) then();
  flows_.answer_held();
  if (!after_next_write_.empty()) write();
  mend_next();
  check_resets();
  go_on();
  check_drained();
}

void router_actor::forget() { core_.forget({awake_max(), context_.bounds.directory_entries}); }

/// Where nothing runs, an import has nothing to gain from flows that stay awake, and at the tail
/// each of them is a cost without end.
std::size_t router_actor::awake_max() const {
  const bool many = context_.run_flows && is_far_behind();
  return many ? context_.bounds.awake_flows : context_.bounds.awake_at_tail;
}

bool router_actor::is_far_behind() const {
  return context_.writes.tail().value - core_.needed().value > context_.bounds.window;
}

/// Of postings in memory.
std::size_t router_actor::unwritten_max() const {
  const auto& bounds = context_.bounds;
  return std::min(bounds.unwritten + limits::postings_buffered_each * core_.touched(),
                  bounds.unwritten_of_many);
}

void router_actor::arm_tick() {
  if (std::exchange(tick_armed_, true)) return;
  tell_self_after(*this, limits::router_tick, router_tick{});
}

void router_actor::on_tick() {
  tick_armed_ = false;
  if (context_.failed) return;
  const auto now = context_.time.steady();
  if (!core_.has_unwritten()) unwritten_since_.reset();
  if (core_.has_unwritten() && !unwritten_since_) unwritten_since_ = now;
  if (unwritten_since_ && now - *unwritten_since_ >= unwritten_age_max()) {
    unwritten_since_.reset();
    write();
  }
  flows_.look_at_lanes();
  flows_.sweep(now);
  const bool at_tail = core_.needed() == context_.writes.tail();
  const bool is_idle = !core_.has_unwritten() && !writing_ && flows_.empty();
  if (!is_idle) idle_since_.reset();
  if (is_idle && !idle_since_) idle_since_ = now;
  // Not at once: the next burst would have to wake them all.
  const bool rests = is_idle && now - *idle_since_ >= limits::idle_unload;
  if (rests) idle_since_.reset();
  if (rests && at_tail) core_.rest(context_.bounds.directory_entries);
  if (at_tail) {
    context_.used_bodies.trim();
    block_pool::trim();
  }
  if (context_.budget->wanted) go_on();
  look_at_contracts();
  if (!rests) arm_tick();
}

}  // namespace millrace
