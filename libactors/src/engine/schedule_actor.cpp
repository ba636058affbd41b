#include "engine/schedule_actor.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace millrace {
namespace {

/// The wall clock may be set while a timer waits: never trust a long wait.
constexpr auto wait_max = std::chrono::seconds{30};

}  // namespace

schedule_actor::schedule_actor(caf::actor_config& config, start from)
    : caf::event_based_actor(config),
      context_(*from.context),
      router_(std::move(from.router)),
      queue_(limits::timers_in_memory_max) {}

caf::behavior schedule_actor::make_behavior() {
  on_escaped_exception(*this, [&context = context_](const std::exception_ptr& thrown) {
    context.fail(broken_by(thrown));
  });
  load();
  fire_due();
  return {
      [this](const timers_changed& change) {
        for (const auto& each : change.what->scheduled) {
          if (!each.inert) queue_.add(each.due, each.at);
        }
        for (const auto at : change.what->unscheduled) queue_.remove(at);
        ++seen_;
        fire_due();
      },
      [this](const timers_fired& news) {
        firing_ = false;
        if (news.failed) return context_.fail(*news.failed);
        for (const auto at : news.due) queue_.remove(at);
        fire_due();
      },
      [this](const timer_tick& tick) {
        if (tick.generation != generation_) return;
        waiting_for_.reset();
        fire_due();
      },
  };
}

void schedule_actor::load() {
  auto entries = context_.stored.schedule(store::timers::active, queue_.horizon(),
                                          limits::timers_in_memory_max);
  if (!entries) return context_.fail(entries.error());
  queue_.load(*entries, entries->size() < limits::timers_in_memory_max);
}

void schedule_actor::fire_due() {
  if (firing_ || context_.failed) return;
  if (queue_.needs_load()) load();
  auto due = queue_.take_due(context_.time.now(), limits::fire_batch_max);
  if (due.empty()) {
    settle();
    return wait_for_next();
  }
  firing_ = true;
  const auto self = caf::actor_cast<caf::actor>(this);
  fire_request request;
  request.due = due;
  request.done = [self, due = std::move(due)](const result<void>& outcome) {
    tell(self, timers_fired{due, outcome ? std::nullopt : std::optional{outcome.error()}});
  };
  context_.writes.submit(std::move(request));
}

void schedule_actor::wait_for_next() {
  const auto next = queue_.next_due();
  if (!next || (waiting_for_ && *waiting_for_ <= *next)) return;
  waiting_for_ = next;
  const auto delay = std::clamp<duration>(*next - context_.time.now(), duration{0}, wait_max);
  tell_self_after(*this, delay, timer_tick{++generation_});
}

void schedule_actor::settle() {
  if (context_.timer_changes_settled.exchange(seen_) == seen_) return;
  tell(*this, router_, timers_settled{});
}

}  // namespace millrace
