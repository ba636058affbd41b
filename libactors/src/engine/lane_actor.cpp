#include "engine/lane_actor.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "engine/recovery.hpp"

namespace millrace {
namespace {

/// Events whose memory is waited for together.
constexpr std::size_t folded_at_once = 64;

}  // namespace

lane_actor::lane_actor(caf::actor_config& config, start from)
    : caf::event_based_actor(config),
      context_(*from.context),
      router_(std::move(from.router)),
      index_(from.type),
      type_(*context_.interest.types()[from.type]),
      commits_(std::make_shared<std::atomic<std::size_t>>(0)) {}

caf::behavior lane_actor::make_behavior() {
  on_escaped_exception(*this, [&context = context_](const std::exception_ptr& thrown) {
    context.fail(broken_by(thrown));
  });
  return {
      [this](fold_window& window) {
        steps_.emplace_back(std::move(window));
        work();
      },
      [this](const empty_lane& order) {
        steps_.emplace_back(order);
        work();
      },
      [this](lane_committed) {
        if (*commits_ == 0) {
          committing_ = 0;
          report(outcome::committed);
        }
        work();
      },
      [this](lane_tick) {
        tick_under_way_ = false;
        work();
      },
  };
}

void lane_actor::on_exit() {
  router_ = nullptr;
  steps_.clear();
  life_.end();
}

void lane_actor::work() {
  if (context_.failed) return steps_.clear();
  while (!steps_.empty() && has_room()) {
    if (auto* window = std::get_if<fold_window>(&steps_.front())) {
      fold(*window);
      steps_.pop_front();
      if (due_ && context_.time.steady() >= *due_) close_all(flush_cause::aged);
      continue;
    }
    close_all(flush_cause::dry);
    if (!open_.empty() || *commits_ > 0) return;  // until it is durable: who comes next loads it
    const bool closes = std::get<empty_lane>(steps_.front()).closes;
    steps_.pop_front();
    empty(closes);
  }
  if (due_ && context_.time.steady() >= *due_) close_all(flush_cause::aged);
  if (*commits_ == 0 && !given_up_.empty()) report(outcome::committed);
  wait_for_age();
}

void lane_actor::fold(fold_window& window) {
  for (auto& each : window.joining) join(each);
  std::span<const lane_delivery> left{window.deliveries};
  while (!left.empty()) {
    std::size_t count = 0;
    for (std::size_t events = 0; count < left.size() && events < folded_at_once; ++count) {
      events += left[count].count;
    }
    fold(*window.held, left.first(count));
    left = left.subspan(count);
  }
}

/// A flow's events lie all over the window, so that each would be waited for: they are all asked
/// for first.
void lane_actor::fold(const window_lease::content& held, std::span<const lane_delivery> block) {
  const auto events = held.events->events();
  seen_.clear();
  for (const auto& delivery : block) {
    __builtin_prefetch(&members_[delivery.place]);
    for (std::uint32_t i = 0; i < delivery.count; ++i) {
      const auto& entry = held.entries[delivery.first + i];
      const auto& what = events[entry.index];
      __builtin_prefetch(&what.at);
      __builtin_prefetch(&what.body);
      seen_.push_back({&what, entry.starts});
    }
  }
  for (const auto& each : seen_) __builtin_prefetch(each.what->body);
  std::span<const observation> left{seen_};
  for (const auto& delivery : block) {
    if (members_[delivery.place].runs) observe(delivery.place, left.first(delivery.count));
    left = left.subspan(delivery.count);
  }
}

void lane_actor::join(lane_member& who) {
  auto& one = members_.emplace_back();
  one.number = who.flow.number;
  one.build = who.flow.build;
  one.runs.emplace(type_, who.flow.key);
  if (is_slow_ || gone_.contains(one.number)) return give_up(one);
  const auto follows = load(who, one);
  if (!follows) return context_.fail(follows.error());
  if (!*follows) give_up(one);
}

/// False: it is not as the lane can take it. Errors: those of the store.
result<bool> lane_actor::load(const lane_member& who, member& into) const {
  auto stored = who.fresh ? result<std::optional<loaded_flow>>{std::nullopt}
                          : context_.stored.load(who.flow.number);
  if (!stored && stored.error().code == errc::corrupt) return false;
  if (!stored) return stored.error();
  auto loaded = *stored ? result<loaded_flow>{std::move(**stored)}
                        : first_checkpoint(context_.stored, type_, who.flow, who.formers,
                                           who.accepts_recorded);
  if (!loaded) return loaded.error();
  const auto& checkpoint = loaded->checkpoint;
  if (checkpoint.has_position()) into.committed = position{checkpoint.position()};
  const bool follows = !who.previous || *who.previous <= into.committed;
  const bool plain = !checkpoint.has_error_position() && !checkpoint.has_replay_until();
  return follows && plain && !needs_replay(checkpoint) &&
         into.runs->load(checkpoint, loaded->state).has_value();
}

/// A turn at a time; without what was routed again after a crash, and handled
/// before it.
void lane_actor::observe(std::uint32_t place, std::span<const observation> left) {
  auto& one = members_[place];
  const auto& known = one.runs->checkpoint();
  while (!left.empty() && known.has_position() && left.front().what->at.value <= known.position()) {
    left = left.subspan(1);
  }
  const auto most = type_.options.flush.count;
  while (!left.empty() && one.runs) {
    const auto count = std::min(left.size(), most - std::min(most - 1, one.handled));
    run(place, left.first(count));
    left = left.subspan(count);
    if (one.runs && one.handled >= most) close(one, flush_cause::full);
  }
}

void lane_actor::run(std::uint32_t place, std::span<const observation> seen) {
  auto& one = members_[place];
  const auto begun = context_.time.steady();
  made_.handled = 0;
  one.runs->run_on(seen, made_);
  const auto now = context_.time.steady();
  one.handled += made_.handled;
  one.handling += now - begun;
  if (std::exchange(made_.failed, std::nullopt)) return give_up(one);
  if (!std::exchange(one.listed, true)) {
    open_.push_back(place);
    const auto due = now + type_.options.flush.age;
    due_ = due_ ? std::min(*due_, due) : due;
  }
  note_pace(now - begun, seen.size());
}

/// Handlers that take long hold up every other flow of the lane. On the average: a busy machine
/// may stop any of them half-way.
void lane_actor::note_pace(duration took, std::size_t events) {
  took_ += took;
  ran_ += events;
  if (is_slow_ || took_ < limits::lane_slow_max || took_ < limits::lane_slow_each * ran_) return;
  is_slow_ = true;
  for (auto& each : members_) {
    if (each.runs && each.handled > 0) close(each, flush_cause::aged);
    if (each.runs) give_up(each);
  }
}

void lane_actor::close(member& one, flush_cause why) {
  turn made;
  made.handled = std::exchange(one.handled, 0);
  if (one.runs->close(made)) return give_up(one);  // found again, and told, by its own actor
  context_.tell_batch(
      {.type = type_, .handled = made.handled, .took = std::exchange(one.handling, {})});
  context_.counted.handled += made.handled;
  context_.meters[index_].add(made.handled, why, context_.time.steady());
  const auto before = std::exchange(one.committed, position{made.checkpoint.position()});
  if (made.state) committing_ += made.state->size();
  ++*commits_;
  context_.writes.submit(
      flow_commit{.flow = one.number,
                  .key = one.runs->key(),
                  .expected = before,
                  .decided = std::move(made),
                  .done = [self = caf::actor_cast<caf::actor>(this), commits = commits_,
                           &context = context_](const result<void>& outcome) {
                    if (!outcome) context.fail(outcome.error());
                    if (commits->fetch_sub(1) == 1) tell(self, lane_committed{});
                  }});
}

/// As many as the journal may have of it at once; the rest follows when that is durable.
void lane_actor::close_all(flush_cause why) {
  while (!open_.empty() && has_room()) {
    auto& one = members_[open_.back()];
    open_.pop_back();
    one.listed = false;
    if (one.runs && one.handled > 0) close(one, why);
  }
  if (open_.empty()) due_.reset();
}

bool lane_actor::has_room() const {
  return *commits_ < limits::lane_commits_max && committing_ < limits::commit_size_max;
}

/// What it has committed stands; its open turn is handled again, elsewhere.
void lane_actor::give_up(member& one) {
  gone_.insert(one.number);
  given_up_.emplace_back(one.runs->key(), one.build);
  one.runs.reset();
  one.handled = 0;
}

void lane_actor::empty(bool closes) {
  members_.clear();
  report(closes ? outcome::closed : outcome::emptied);
  if (closes) gone_.clear();
}

void lane_actor::report(outcome of) {
  tell(*this, router_,
       lane_news{.type = index_,
                 .closed = of == outcome::closed,
                 .emptied = of == outcome::emptied,
                 .is_slow = is_slow_,
                 .given_up = std::exchange(given_up_, {})});
}

void lane_actor::wait_for_age() {
  if (!due_ || !has_room() || std::exchange(tick_under_way_, true)) return;
  tell_self_after(*this, std::max(duration{0}, *due_ - context_.time.steady()), lane_tick{});
}

}  // namespace millrace
