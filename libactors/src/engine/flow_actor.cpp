#include "engine/flow_actor.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "flow/rules.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

constexpr std::size_t first_slice = 64;
constexpr auto slice_time_max = std::chrono::milliseconds{20};

}  // namespace

flow_actor::flow_actor(caf::actor_config& config, start from)
    : caf::event_based_actor(config),
      context_(*from.context),
      type_(std::move(from.type)),
      flow_(std::move(from.flow)),
      gate_(std::move(from.gate)),
      of_type_(from.of_type),
      router_(std::move(from.router)),
      fresh_(from.fresh),
      formers_(std::move(from.formers)),
      accepts_recorded_(from.accepts_recorded),
      repairs_(std::move(from.repairs)),
      runner_(*type_, flow_.key),
      inbox_(type_->options.flush),
      slice_(first_slice) {}

caf::behavior flow_actor::make_behavior() {
  on_escaped_exception(*this, [&context = context_](const std::exception_ptr& thrown) {
    context.fail(broken_by(thrown));
  });
  load();
  return {
      [this](deliver& one) { on_deliver(one); },
      [this](taken_on& news) { on_taken_on(news); },
      [this](no_room) {
        no_room_ = true;
        if (mode_ == mode::live) handle_live();
      },
      [this](ran_dry) {
        inbox_.run_dry();
        if (mode_ == mode::live) handle_live();
      },
      [this](const commit_done& news) { on_committed(news.failed); },
      [this](postings_written) {
        if (mode_ != mode::loading) return;
        unrecoverable_ ? stop_unrecovered() : recover_and_go_on();
      },
      [this](inbox_replaced) { on_replaced(); },
      [this](const flow_tick& tick) {
        if (tick.generation != generation_) return;
        tick_under_way_ = false;
        if (mode_ == mode::pausing) {
          load();
        } else if (mode_ == mode::live) {
          handle_live();
        }
      },
      [this](drain) {
        draining_ = true;
        if (pending_ || mode_ == mode::ended) return;
        is_open() ? close() : end(false);
      },
      [this](unload) { quit(); },
  };
}

void flow_actor::on_exit() {
  router_ = nullptr;
  queue_.clear();
  answer_repair(error{errc::closed, "the host is stopping"});
  life_.end();
}

std::optional<position> flow_actor::checkpoint_position() const {
  return committed_.has_position() ? std::optional{position{committed_.position()}} : std::nullopt;
}

/// With what the open turn has handled.
std::optional<position> flow_actor::runner_position() const {
  const auto& now = runner_.checkpoint();
  return now.has_position() ? std::optional{position{now.position()}} : std::nullopt;
}

/// As flow_gate::handled counts.
std::uint64_t flow_actor::first_unhandled() const {
  return committed_.has_position() ? committed_.position() + 1 : 0;
}

// Taking in.

bool flow_actor::follows(const deliver& one) const {
  return !one.previous || (last_seen_ && *one.previous <= *last_seen_);
}

void flow_actor::drop(const deliver& one) { gate_->consumed += one.count; }

void flow_actor::on_deliver(deliver& one) {
  const bool takes = mode_ == mode::live || mode_ == mode::loading;
  if (!takes || draining_ || (last_seen_ && one.last <= *last_seen_)) {
    drop(one);
    return report_progress();  // somebody may wait for it to be done with all it was given
  }
  if (mode_ == mode::loading && queue_.empty()) {
    last_seen_ = one.previous;  // whether it follows the checkpoint is seen when that is loaded
  }
  if (!follows(one)) {
    drop(one);
    if (mode_ == mode::live) fall_behind();
    return;
  }
  last_seen_ = one.last;
  inbox_.add(one.count, context_.time.steady(), one.more);
  queue_.push_back(std::move(one));
  if (mode_ == mode::live) handle_live();
}

/// Drops what it holds in memory: it will read from the store instead.
void flow_actor::detach() {
  for (const auto& one : queue_) drop(one);
  queue_.clear();
  inbox_.clear();
  taken_ = pending_entries_ = 0;
  no_room_ = false;
  mode_ = mode::reading;
  tell(*this, router_, fell_behind{flow_.number});
}

void flow_actor::fall_behind() {
  detach();
  if (pending_) return;
  is_open() ? close() : read_on();
}

/// What it holds was routed before its inbox was replaced.
void flow_actor::on_replaced() {
  if (mode_ == mode::live && !draining_) return fall_behind();
  if (mode_ != mode::loading) return;
  for (const auto& one : queue_) drop(one);
  queue_.clear();
  inbox_.clear();
  last_seen_.reset();
}

void flow_actor::read_on() {
  const auto limit = std::min(batch_limit(), context_.bounds.behind_read);
  auto stored = context_.stored.postings(flow_.number, checkpoint_position(), limit);
  if (!stored) return context_.fail(stored.error());
  if (stored->empty()) {
    mode_ = mode::attaching;
    return tell(*this, router_, take_on{me(), flow_.number, checkpoint_position()});
  }
  std::vector<position> at;
  for (const auto& each : *stored) at.push_back(each.at);
  observe_stored(at, *stored);
}

void flow_actor::on_taken_on(taken_on& news) {
  if (mode_ != mode::attaching) return;
  last_seen_ = checkpoint_position();
  if (news.read_again) {
    mode_ = mode::reading;
    return read_on();
  }
  mode_ = news.live ? mode::live : mode::reading;
  if (news.unwritten.empty()) {
    report_progress();
    return;
  }
  last_seen_ = news.unwritten.back().at;
  std::vector<position> at;
  for (const auto& each : news.unwritten) at.push_back(each.at);
  observe_stored(at, news.unwritten);
}

/// Fetches the events of an inbox that was read, as many as fit, and handles them.
void flow_actor::observe_stored(const std::vector<position>& at,
                                const std::vector<posting>& inbox) {
  window_builder built{context_.types, at.front()};
  auto read = context_.stored.fetch(at, [&](const event_row& row) {
    built.add(row.at, row.type, row.time, row.payload, row.envelope);
    return built.encoded_size() < limits::behind_size_max;
  });
  if (!read) return context_.fail(read.error());
  const auto events = built.finish(at.back().next());
  std::vector<observation> seen;
  for (std::size_t i = 0; i < events->events().size(); ++i) {
    seen.push_back({&events->events()[i], inbox[i].starts});
  }
  if (seen.empty() || seen.back().what->at != inbox[seen.size() - 1].at) {
    return context_.fail({errc::corrupt, "the inbox of " + flow_.key.text() +
                                             " names events that are not on the timeline"});
  }
  if (seen.size() < inbox.size() && mode_ == mode::live) detach();
  cause_ = flush_cause::reading;
  observe(std::move(seen), true);
}

// Handling.

std::size_t flow_actor::batch_limit() const {
  const auto most = type_->options.flush.count;
  const auto left = most - std::min(most, open_.handled);
  return std::max<std::size_t>(1, std::min(slice_, left));
}

/// Slices grow while they are quick, so that a slow flow gives its worker back, and stops, soon.
void flow_actor::adapt_slice(duration took, std::size_t handled) {
  if (took > slice_time_max) {
    slice_ = std::max<std::size_t>(1, slice_ / 2);
  } else if (handled >= slice_ && took < slice_time_max / 2) {
    slice_ = std::min(slice_ * 2, context_.bounds.behind_read);
  }
}

/// Folds what is there, and commits it when it is due; until then the turn goes on with the next
/// delivery, so that no window is held by waiting.
void flow_actor::handle_live() {
  if (pending_) return;
  if (queue_.empty() && !is_open()) {
    if (no_room_) fall_behind();
    return;
  }
  const bool due = inbox_.due(context_.time.steady());
  const bool closes = due || no_room_ || draining_;
  cause_ = due ? inbox_.cause() : no_room_ ? flush_cause::full : flush_cause::dry;
  if (queue_.empty()) return closes ? close() : wait_for_age();
  std::vector<std::shared_ptr<const window_lease::content>> held;
  auto seen = take_batch(held);
  if (seen.empty()) return fall_behind();
  taken_ = seen.size();
  // Routed again after a crash, and handled before it.
  const auto known = runner_position();
  if (seen.front().what->at <= known) {
    std::erase_if(seen, [&](const observation& each) { return each.what->at <= known; });
  }
  if (!seen.empty()) return observe(std::move(seen), closes);
  consume_taken();
  if (!is_open()) inbox_.remove(std::exchange(pending_entries_, 0), context_.time.steady());
  report_progress();
  handle_live();
}

/// The next events of the queue, with what holds them. None: they were taken back.
std::vector<observation> flow_actor::take_batch(
    std::vector<std::shared_ptr<const window_lease::content>>& held) const {
  const auto limit = batch_limit();
  std::vector<observation> seen;
  seen.reserve(std::min(limit, inbox_.waiting()));
  for (const auto& one : queue_) {
    auto content = one.lease->acquire();
    if (!content) break;
    for (std::uint32_t i = 0; i < one.count && seen.size() < limit; ++i) {
      const auto& entry = (*content->entries)[one.first + i];
      const auto& what = content->events->events()[entry.index()];
      __builtin_prefetch(&what);  // they lie far apart
      seen.push_back({&what, entry.starts()});
    }
    held.push_back(std::move(content));
    if (seen.size() >= limit) break;
  }
  return seen;
}

/// What is folded leaves the queue, and counts in the inbox until it is committed.
void flow_actor::consume_taken() {
  auto left = std::exchange(taken_, 0);
  gate_->consumed += left;
  pending_entries_ += left;
  while (left > 0 && !queue_.empty()) {
    auto& front = queue_.front();
    const auto taken = std::min<std::size_t>(left, front.count);
    front.first += static_cast<std::uint32_t>(taken);
    front.count -= static_cast<std::uint32_t>(taken);
    left -= taken;
    if (front.count == 0) queue_.pop_front();
  }
}

void flow_actor::wait_for_age() {
  if (tick_under_way_) return;
  const auto due = inbox_.due_by_age();
  if (!due) return;
  tick_under_way_ = true;
  const auto delay = std::max(duration{0}, *due - context_.time.steady());
  tell_self_after(*this, delay, flow_tick{generation_});
}

void flow_actor::observe(std::vector<observation> seen, bool closes) {
  if (failing_) {
    // Everything before the failing event is handled by itself, and so is the failing event.
    const auto bad = std::find_if(seen.begin(), seen.end(), [&](const observation& each) {
      return each.what->at >= failing_->at;
    });
    const auto good = static_cast<std::size_t>(bad - seen.begin());
    const auto keep = std::max<std::size_t>(good, 1);
    if (keep < seen.size() && mode_ == mode::live) detach();
    seen.resize(keep);
  }
  if (!recall(seen)) return;
  const auto begun = context_.time.steady();
  const auto before = open_.handled;
  runner_.run_on(seen, open_);
  const auto handled = open_.handled - before;
  const auto took = context_.time.steady() - begun;
  adapt_slice(took, handled);
  handling_ += took;
  if (open_.failed) return on_failed_turn();
  if (handled < seen.size()) leave_for_later(seen.size() - handled);
  consume_taken();
  if (closes || !may_stay_open()) return close();
  wait_for_age();
}

/// While more is on its way. What was decided is never held back.
bool flow_actor::may_stay_open() const {
  return mode_ == mode::live && queue_.empty() && !recorded_ && open_.reactions.empty() &&
         open_.cancellations.empty();
}

void flow_actor::close() {
  if (runner_.close(open_)) {  // what spoilt its state is found by the second run
    detach();
    return load();
  }
  const auto now = context_.time.steady();
  context_.tell_batch(
      {.type = *type_, .handled = open_.handled, .took = std::exchange(handling_, {})});
  context_.counted.handled += open_.handled;
  gate_->meter.add(open_.handled, cause_, now);
  of_type_->add(open_.handled, cause_, now);
  commit(std::exchange(open_, {}), repeats::yes);
}

/// What is decided again goes beside what is recorded. False: the store failed.
bool flow_actor::recall(std::vector<observation>& seen) {
  if (!rules::is_deciding_again(runner_.checkpoint(), seen.front().what->at)) {
    recorded_.reset();
    return true;
  }
  const position last{runner_.checkpoint().replay_until()};
  // What comes in windows comes to others at the same time.
  const bool alone = mode_ != mode::live;
  if (!recorded_ || recorded_->reads_alone() != alone) {
    recorded_.emplace(context_.stored, context_.types, flow_.key, last,
                      alone ? nullptr : context_.recorded.of(flow_.key.type()));
  }
  auto fits = recorded_->attach(seen);
  if (!fits) {
    context_.fail(fits.error());
    return false;
  }
  if (*fits < seen.size() && mode_ == mode::live) detach();
  seen.resize(*fits);
  return true;
}

/// The turn ended early, because it decided much: the rest is handled after its commit.
void flow_actor::leave_for_later(std::size_t count) {
  if (taken_ > 0) {
    taken_ -= count;
  } else if (mode_ == mode::live) {
    detach();
  }
}

}  // namespace millrace
