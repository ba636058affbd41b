#include "engine/lane_actor.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "engine/recovery.hpp"

namespace millrace {
namespace {

/// Events of a block.
constexpr std::size_t folded_at_once = 64;
constexpr std::size_t cache_line = 64;

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
      shown_(std::move(from.shown)),
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
  tell_turns(0);
  life_.end();
}

void lane_actor::work() {
  shown_->waits_for_journal = false;
  take_steps();
  tell_turns(turns_);
  shown_->waits_for_journal = !steps_.empty() && !going_on_;
}

void lane_actor::tell_turns(std::size_t open) {
  if (open == told_turns_) return;
  context_.open_turns += open - told_turns_;
  told_turns_ = open;
}

/// Gives its worker back between slices.
void lane_actor::take_steps() {
  const auto until = context_.time.steady() + slice_time_max;
  close_full();
  while (!steps_.empty() && !context_.failed) {
    if (is_due()) close_all(flush_cause::aged);
    if (!has_room()) break;  // what is due and still open goes before anything else is folded
    if (is_slow_ && !is_put_out_ && !put_all_out()) break;
    if (auto* window = std::get_if<fold_window>(&steps_.front())) {
      const bool is_done = fold(*window, until);
      close_full();
      if (!is_done) {
        go_on();
        break;
      }
      steps_.pop_front();
      ++shown_->folded;
      continue;
    }
    close_all(flush_cause::dry);
    if (!open_.empty() || *commits_ > 0) return;  // until it is durable: who comes next loads it
    const bool closes = std::get<empty_lane>(steps_.front()).closes;
    steps_.pop_front();
    empty(closes);
  }
  if (context_.failed) return steps_.clear();
  if (is_due()) close_all(flush_cause::aged);
  if (*commits_ == 0 && !given_up_.empty()) report(milestone::committed);
  wait_for_age();
}

void lane_actor::go_on() {
  if (std::exchange(going_on_, true)) return;
  tell(*this, caf::actor_cast<caf::actor>(this), fold_on{});
}

/// True: all of it is done with.
bool lane_actor::fold(fold_window& window, timestamp until) {
  while (joined_ < window.joining.size()) {
    join(window.joining[joined_++]);
    if (context_.failed) return true;
    if (joined_ % folded_at_once == 0 && is_over(context_.time.steady(), until)) return false;
  }
  // Held for a slice only, so that it can be taken back from a lane that is slow.
  const auto held = window.lease->acquire();
  if (held && !fold(*held, window.deliveries, until)) return false;
  for (const auto& all = window.deliveries; folded_.delivery < all.size();) {
    give_up(all[folded_.delivery++].place);  // who was to have it reads it from the store
    if (is_over(context_.time.steady(), until)) return false;
  }
  joined_ = 0;
  folded_ = {};
  return true;
}

/// A flow's events lie all over the window, and the flows all over the memory: what the next blocks
/// need is on its way while this one is folded.
bool lane_actor::fold(const window_lease::content& held, std::span<const lane_delivery> all,
                      timestamp until) {
  const auto nth = [&](std::size_t i) -> block& { return blocks_[i % blocks_.size()]; };
  gather(held, all, folded_, nth(0));
  gather(held, all, nth(0).end, nth(1));
  expect(nth(0));
  for (std::size_t i = 0; folded_.delivery < all.size(); ++i) {
    gather(held, all, nth(i + 1).end, nth(i + 2));
    expect(nth(i + 1));
    const auto now = run(nth(i));
    folded_ = nth(i).end;
    if (folded_.delivery < all.size() && is_over(now, until)) return false;
  }
  return true;
}

/// Asks for the events themselves, and for the flows.
void lane_actor::gather(const window_lease::content& held, std::span<const lane_delivery> all,
                        place_in from, block& into) const {
  const auto events = held.events->events();
  into.parts.clear();
  into.seen.clear();
  for (; from.delivery < all.size() && into.seen.size() < folded_at_once;) {
    const auto& whole = all[from.delivery];
    const auto room = static_cast<std::uint32_t>(folded_at_once - into.seen.size());
    const auto count = std::min(whole.count - from.event, room);
    into.parts.push_back({whole.place, count});
    const auto* one = reinterpret_cast<const char*>(&members_[whole.place]);
    for (std::size_t at = 0; at < sizeof(member); at += cache_line) __builtin_prefetch(one + at);
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto& entry = (*held.entries)[whole.first + from.event + i];
      const auto& what = events[entry.index()];
      __builtin_prefetch(&what.at);
      __builtin_prefetch(&what.body);
      auto& seen = into.seen.emplace_back();
      seen.what = &what;
      seen.starts = entry.starts();
    }
    from.event += count;
    if (from.event == whole.count) from = {from.delivery + 1, 0};
  }
  into.end = from;
}

/// What is gathered is here by now; asks for what that names.
void lane_actor::expect(const block& next) const {
  for (const auto& each : next.seen) __builtin_prefetch(each.what->body);
  for (const auto& each : next.parts) {
    if (const auto& one = members_[each.place]; one.runs) one.runs->expect_run();
  }
}

/// When it was done.
timestamp lane_actor::run(const block& gathered) {
  const auto begun = context_.time.steady();
  std::span<const observation> left{gathered.seen};
  for (const auto& each : gathered.parts) {
    if (members_[each.place].runs) observe(each.place, left.first(each.count));
    left = left.subspan(each.count);
  }
  const auto now = context_.time.steady();
  if (!open_since_ && turns_ > 0) open_since_ = now;
  note_pace(now - begun, gathered.seen.size());
  return now;
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

/// Without what was routed again after a crash, and handled before it.
void lane_actor::observe(std::uint32_t place, std::span<const observation> left) {
  auto& one = members_[place];
  const auto& known = one.runs->checkpoint();
  while (!left.empty() && known.has_position() && left.front().what->at.value <= known.position()) {
    left = left.subspan(1);
  }
  if (left.empty()) return;
  made_.handled = 0;
  one.runs->run_on(left, made_);
  if (std::exchange(made_.failed, std::nullopt)) return give_up(one);
  const auto most = type_.options.flush.count;
  if (one.handled < most && one.handled + made_.handled >= most) full_.push_back(place);
  if (one.handled == 0 && made_.handled > 0) ++turns_;
  one.handled += made_.handled;
  if (!std::exchange(one.listed, true)) open_.push_back(place);
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

/// What so many events take, by the present pace: flows are not timed one by one.
duration lane_actor::time_of(std::size_t events) const {
  return took_ * static_cast<std::int64_t>(events) /
         static_cast<std::int64_t>(std::max(ran_, std::size_t{1}));
}

/// False: not yet, what they have handled is on its way.
bool lane_actor::put_all_out() {
  close_all(flush_cause::aged);
  if (!open_.empty()) return false;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].runs) give_up(members_[i]);
  }
  is_put_out_ = true;
  return true;
}

/// How many events it has.
std::size_t lane_actor::end_turn(member& one) {
  if (one.handled > 0 && --turns_ == 0) open_since_.reset();
  return std::exchange(one.handled, 0);
}

void lane_actor::close(member& one, flush_cause why) {
  turn made;
  made.handled = end_turn(one);
  if (one.runs->close(made)) return give_up(one);  // found again, and told, by its own actor
  context_.tell_batch({.type = type_, .handled = made.handled, .took = time_of(made.handled)});
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
                        const auto left = commits->fetch_sub(1) - 1;
                        if (left == 0 || left == limits::lane_commits_max / 2) {
                          tell(self, lane_committed{});
                        }
                      },
                  .follows = true});
}

/// Between slices: a state that is saved at every step of a fold costs more than the fold, and
/// nobody sees the steps.
void lane_actor::close_full() {
  while (!full_.empty() && has_room()) {
    auto& one = members_[full_.back()];
    full_.pop_back();
    if (one.runs && one.handled >= type_.options.flush.count) close(one, flush_cause::full);
  }
}

/// As many as the journal may have of it at once; the rest follows when that is durable.
void lane_actor::close_all(flush_cause why) {
  while (!open_.empty() && has_room()) {
    auto& one = members_[open_.back()];
    open_.pop_back();
    one.listed = false;
    if (one.runs && one.handled > 0) close(one, why);
  }
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
  end_turn(one);
}

void lane_actor::empty(bool closes) {
  members_.clear();
  full_.clear();
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

/// Of what is open. All lanes commit to one journal: what they have open together takes as long.
timestamp lane_actor::due() const {
  const auto open = context_.open_turns + turns_ - told_turns_;
  return *open_since_ + type_.options.flush.age + open * limits::age_of_each;
}

bool lane_actor::is_due() const { return open_since_ && context_.time.steady() >= due(); }

/// What other lanes have open may be committed long before that.
void lane_actor::wait_for_age() {
  if (!open_since_ || !has_room() || std::exchange(tick_under_way_, true)) return;
  const duration look = std::max<duration>(type_.options.flush.age, limits::router_tick);
  const duration left = due() - context_.time.steady();
  tell_self_after(*this, std::clamp(left, duration{0}, look), lane_tick{});
}

}  // namespace millrace
