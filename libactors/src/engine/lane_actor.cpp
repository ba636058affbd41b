#include "engine/lane_actor.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "engine/recovery.hpp"

namespace millrace {
namespace {

/// Events whose memory is waited for together, and those of one flow before others have a turn.
constexpr std::size_t folded_at_once = 64;
constexpr std::uint32_t folded_of_one = 4096;

/// An actor has several slices before its worker goes on to another one.
constexpr auto slice_time_max = std::chrono::milliseconds{5};

/// What is known of a type's pace is forgotten by halves, so that it is that of the present.
constexpr std::size_t pace_events_max = 65'536;

}  // namespace

lane_actor::lane_actor(caf::actor_config& config, start from)
    : caf::event_based_actor(config),
      context_(*from.context),
      router_(std::move(from.router)),
      index_(from.type),
      type_(*context_.interest.types()[from.type]),
      windows_folded_(std::move(from.folded)),
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
          report(milestone::committed);
        }
        work();
      },
      [this](fold_on) {
        going_on_ = false;
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

/// Gives its worker back between slices.
void lane_actor::work() {
  const auto until = context_.time.steady() + slice_time_max;
  while (!steps_.empty() && has_room() && !context_.failed) {
    if (is_slow_ && !is_put_out_ && !put_all_out()) break;
    if (auto* window = std::get_if<fold_window>(&steps_.front())) {
      if (!fold(*window, until)) {
        go_on();
        break;
      }
      steps_.pop_front();
      ++*windows_folded_;
      if (due_ && context_.time.steady() >= *due_) close_all(flush_cause::aged);
      continue;
    }
    close_all(flush_cause::dry);
    if (!open_.empty() || *commits_ > 0) return;  // until it is durable: who comes next loads it
    const bool closes = std::get<empty_lane>(steps_.front()).closes;
    steps_.pop_front();
    empty(closes);
  }
  if (context_.failed) return steps_.clear();
  if (due_ && context_.time.steady() >= *due_) close_all(flush_cause::aged);
  if (*commits_ == 0 && !given_up_.empty()) report(milestone::committed);
  wait_for_age();
}

void lane_actor::go_on() {
  if (std::exchange(going_on_, true)) return;
  tell(*this, caf::actor_cast<caf::actor>(this), fold_on{});
}

/// True: all of it is done with.
bool lane_actor::fold(fold_window& window, timestamp until) {
  const auto is_over = [&] {
    return (is_slow_ && !is_put_out_) || context_.time.steady() >= until;
  };
  while (joined_ < window.joining.size()) {
    join(window.joining[joined_++]);
    if (context_.failed) return true;
    if (joined_ % folded_at_once == 0 && is_over()) return false;
  }
  // Held for a slice only, so that it can be taken back from a lane that is slow.
  const auto held = window.lease->acquire();
  for (auto& all = window.deliveries; folded_ < all.size();) {
    if (held) {
      fold_some(*held, all);
    } else {
      give_up(all[folded_++].place);  // who was to have it reads it from the store
    }
    if (folded_ < all.size() && is_over()) return false;
  }
  joined_ = folded_ = 0;
  return true;
}

/// The next few, or some of one that is large.
void lane_actor::fold_some(const window_lease::content& held, std::vector<lane_delivery>& all) {
  auto& next = all[folded_];
  if (next.count > folded_of_one) {
    const lane_delivery part{next.place, next.first, folded_of_one};
    next.first += part.count;
    next.count -= part.count;
    return fold(held, {&part, 1});
  }
  const auto begin = folded_;
  std::size_t events = 0;
  while (folded_ < all.size() && events < folded_at_once && all[folded_].count <= folded_of_one) {
    events += all[folded_++].count;
  }
  fold(held, std::span{all}.subspan(begin, folded_ - begin));
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
  if (!follows) {
    one.runs.reset();
    return context_.fail(follows.error());
  }
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
  if (took_ >= limits::lane_slow_max && took_ >= limits::lane_slow_each * ran_) is_slow_ = true;
  if (ran_ < pace_events_max) return;
  took_ /= 2;
  ran_ /= 2;
}

/// False: not yet, what they have handled is on its way.
bool lane_actor::put_all_out() {
  close_all(flush_cause::aged);
  if (!open_.empty()) return false;
  for (auto& each : members_) {
    if (each.runs) give_up(each);
  }
  is_put_out_ = true;
  return true;
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
                  .done =
                      [self = caf::actor_cast<caf::actor>(this), commits = commits_,
                       &context = context_](const result<void>& outcome) {
                        if (!outcome) context.fail(outcome.error());
                        if (commits->fetch_sub(1) == 1) tell(self, lane_committed{});
                      },
                  .follows = true});
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

void lane_actor::give_up(std::uint32_t place) {
  if (members_[place].runs) give_up(members_[place]);
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
  report(closes ? milestone::closed : milestone::emptied);
  if (!closes) return;
  gone_.clear();
  is_slow_ = is_put_out_ = false;
  took_ = {};
  ran_ = 0;
}

void lane_actor::report(milestone of) {
  tell(*this, router_,
       lane_news{.type = index_,
                 .closed = of == milestone::closed,
                 .emptied = of == milestone::emptied,
                 .is_slow = is_slow_,
                 .given_up = std::exchange(given_up_, {})});
}

void lane_actor::wait_for_age() {
  if (!due_ || !has_room() || std::exchange(tick_under_way_, true)) return;
  tell_self_after(*this, std::max(duration{0}, *due_ - context_.time.steady()), lane_tick{});
}

}  // namespace millrace
