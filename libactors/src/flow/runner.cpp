#include "flow/runner.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "base/invariant.hpp"
#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "flow/decisions.hpp"
#include "flow/matching.hpp"
#include "flow/rules.hpp"
#include "wire/envelope_view.hpp"

namespace millrace {
namespace {

envelope_view envelope_of(const reaction& made, const flow_key& emitter) {
  envelope_view envelope;
  envelope.cause = made.cause;
  envelope.correlation_id = made.correlation_id;
  envelope.user = made.user;
  envelope.emitter = emitter.text();
  envelope.ordinal = made.ordinal;
  envelope.depth = made.depth;
  return envelope;
}

/// Of every skipped event the checkpoint keeps a line, not the whole message.
std::size_t size_of(const std::vector<reaction>& decided, std::size_t from) {
  std::size_t size = 0;
  for (auto i = from; i < decided.size(); ++i) size += decided[i].payload.size();
  return size;
}

constexpr std::size_t skip_message_size_max = limits::error_message_size_max / 16;

template <class Positions>
void keep_newest(Positions& kept, position at, std::size_t limit) {
  kept.Add(at.value);
  const auto excess =
      static_cast<std::size_t>(kept.size()) - std::min<std::size_t>(limit, kept.size());
  if (excess > 0) kept.erase(kept.begin(), kept.begin() + static_cast<int>(excess));
}

}  // namespace

runner::runner(const flow_type& type, flow_key key) : type_(type), key_(std::move(key)) {}

result<void> runner::load(const v1::Checkpoint& checkpoint, std::string_view state) {
  checkpoint_ = checkpoint;
  instance_.reset();
  spent_ = false;
  touched_.reset();
  must_save_ = false;
  saver_.loaded(checkpoint.has_life() ? state : std::string_view{});
  if (!checkpoint.has_life()) return {};
  const auto wrong = guarded([&]() -> complaint {
    instance_ = type_.make();
    auto* message = instance_->state();
    if (message == nullptr) return std::nullopt;
    auto undecodable = decode_state(state, checkpoint.state_json(), *message);
    if (!undecodable && checkpoint.state_json()) saver_.loaded(encode_deterministic(*message));
    return undecodable;
  });
  if (!wrong) return {};
  spent_ = true;
  return error{errc::corrupt, fmt::format("{}: {}", key_.text(), *wrong)};
}

const google::protobuf::Message* runner::state() const {
  return instance_ ? instance_->state() : nullptr;
}

/// Ends early when what was decided is large: a turn is one transaction.
void runner::run_on(std::span<const observation> seen, turn& made) {
  MILLRACE_INVARIANT(!spent_);
  std::size_t decided = 0;
  for (auto rest = seen; !rest.empty() && decided < limits::turn_size_max;) {
    const auto before = made.reactions.size();
    auto wrong = only_folds() ? fold(rest, made) : attempt(rest, made);
    if (wrong) {
      made.failed = {rest.front().what->at, std::move(*wrong)};
      spent_ = true;
      return;
    }
    decided += size_of(made.reactions, before);
  }
}

complaint runner::close(turn& made) {
  if (auto wrong = guarded([this] { return inspect_state(true); })) {
    spent_ = true;
    return wrong;
  }
  finish(made);
  return std::nullopt;
}

turn runner::run(std::span<const observation> seen) {
  turn made;
  run_on(seen, made);
  if (!made.failed) {
    auto wrong = close(made);
    if (!wrong) return made;
    const auto last = seen[--made.handled].what->at;
    std::erase_if(made.reactions, [last](const reaction& each) { return each.cause == last; });
    made.failed = {last, std::move(*wrong)};
  }
  finish(made);  // what the handled ones come to, but for the state
  return made;
}

/// The next event. One that fails leaves nothing in the turn.
complaint runner::attempt(std::span<const observation>& rest, turn& made) {
  const auto before = made.reactions.size();
  auto wrong = guarded([&] { return observe(rest.front(), made); });
  if (wrong) {
    made.reactions.erase(made.reactions.begin() + static_cast<std::ptrdiff_t>(before),
                         made.reactions.end());
  } else {
    ++made.handled;
    rest = rest.subspan(1);
  }
  return wrong;
}

complaint runner::observe(const observation& seen, turn& made) {
  const event& what = *seen.what;
  if (is_known(what.at)) return std::nullopt;
  saver_.weigh(what.type, what.payload);
  const bool begins = !alive() && seen.starts && !rules::is_own_firing(what, key_);
  if (rules::is_skipped(checkpoint_, what.at)) {
    must_save_ = true;
  } else if (begins || alive()) {
    if (begins) instance_ = type_.make();
    if (auto wrong = live_through(seen, begins, made)) return wrong;
  } else if (auto wrong = match(seen, nullptr, {})) {
    return wrong;
  }
  advance(what.at);
  return std::nullopt;
}

/// Behind the last position that is decided again, everything is live.
void runner::advance(position at) {
  checkpoint_.set_position(at.value);
  if (!checkpoint_.has_replay_until() || at.value < checkpoint_.replay_until()) return;
  checkpoint_.clear_replay_until();
  checkpoint_.clear_accept_recorded();
}

/// What may throw or complain comes first; the checkpoint changes afterwards.
complaint runner::live_through(const observation& seen, bool begins, turn& made) {
  const event& what = *seen.what;
  const position life = begins ? what.at : position{checkpoint_.life()};
  const auto before = made.reactions.size();
  const auto observed = type_.find(what.type);
  const bool is_void = passes_by_as_void(what, life);
  std::optional<reactions> then;
  bool over = false;
  if (!is_void) {
    if (auto wrong = handle(seen, observed, life, then, made)) return wrong;
    const bool is_observed = observed < type_.observes.size();
    over = then ? then->is_done() : is_observed && instance_->ends(observed, *what.body, what);
  }
  const auto decided = std::span{made.reactions}.subspan(before);
  if (auto wrong = match(seen, then ? &*then : nullptr, decided)) return wrong;
  must_save_ = must_save_ || begins || over || is_void;
  if (!over) {
    if (auto wrong = inspect_state(false)) return wrong;
  }
  const bool again = rules::is_deciding_again(checkpoint_, what.at);
  if (again) made.reactions.resize(before);
  auto* cancelled = again ? nullptr : &made.cancellations;
  if (begins) begin_life(what.at);
  if (is_void) remember_void(what, life);
  if (over) {
    end_life(what.at, cancelled);
  } else if (then) {
    cancel(*then, what.at, cancelled);
  }
  return std::nullopt;
}

/// The firing of a timer that was set in a former life, or cancelled while it was on its way. The
/// turn is a snapshot: of the cancellations only the last is kept.
bool runner::passes_by_as_void(const event& what, position life) const {
  return rules::is_own_firing(what, key_) &&
         (rules::is_of_former_life(what, life) || rules::is_cancelled(what, checkpoint_));
}

/// One event of this life: given, when, and what comes of it.
complaint runner::handle(const observation& seen, std::size_t observed, position life,
                         std::optional<reactions>& then, turn& made) {
  const event& what = *seen.what;
  const bool accepts =
      checkpoint_.accept_recorded() && rules::is_deciding_again(checkpoint_, what.at);
  if (observed < type_.observes.size()) {
    if (what.body == nullptr) return fmt::format("payload does not decode as {}", what.type);
    if (!rules::is_folded_before(what, key_, life)) give(observed, what, what.at);
    if (type_.observes[observed].has_when) {
      instance_->when(observed, *what.body, what, then.emplace(what));
    }
  }
  if (accepts) return fold_recorded(what, seen.recorded);
  if (!then) return std::nullopt;
  const auto before = made.reactions.size();
  if (auto wrong = record(what, *then, made.reactions)) return wrong;
  return fold_own(what, *then, std::span{made.reactions}.subspan(before));
}

/// What was decided before has to come out again.
complaint runner::match(const observation& seen, const reactions* then,
                        std::span<const reaction> decided) const {
  const bool compares =
      rules::is_deciding_again(checkpoint_, seen.what->at) && !checkpoint_.accept_recorded();
  return compares ? find_difference(*seen.what, then, decided, seen.recorded) : std::nullopt;
}

/// Own words count at once (promise 4).
complaint runner::fold_own(const event& cause, const reactions& then,
                           std::span<const reaction> recorded) {
  auto record = recorded.begin();
  for (const auto& one : then.emissions()) {
    if (!is_recorded(one, then)) continue;
    const reaction& made = *record++;
    saver_.weigh(made.type, made.payload);
    const auto observed = type_.find(made.type);
    if (observed == type_.observes.size()) continue;
    if (one.body->GetDescriptor() != type_.observes[observed].prototype->GetDescriptor()) {
      return fmt::format("emits {}, but observes another message of that name",
                         one.body->GetDescriptor()->full_name());
    }
    if (made.due || !type_.observes[observed].has_given) continue;
    const auto envelope = envelope_of(made, key_);
    const event own{unplaced, made.type, cause.time, made.payload, one.body.get(), &envelope};
    if (rules::reaches_self(type_, observed, own, key_)) give(observed, own, cause.at);
  }
  return std::nullopt;
}

/// Costs nothing worth counting unless the state is about to be saved anyway.
complaint runner::inspect_state(bool saves) {
  const auto* kept = state();
  if (kept == nullptr) return std::nullopt;
  const bool closely = careful_ || (saves && (must_save_ || saver_.is_due()));
  auto wrong = saver_.inspect(*kept, closely);
  if (wrong) careful_ = true;
  return wrong;
}

void runner::give(std::size_t observed, const event& what, position changes) {
  if (!type_.observes[observed].has_given) return;
  instance_->given(observed, *what.body, what);
  touched_ = changes;
}

bool runner::is_known(position at) const {
  return checkpoint_.has_position() && at.value <= checkpoint_.position();
}

void runner::begin_life(position at) {
  checkpoint_.set_life(at.value);
  checkpoint_.set_done(false);
  checkpoint_.clear_cancelled();
  touched_ = at;
}

/// `cancelled`: where to put what leaves the schedule; null: it has left before.
void runner::end_life(position at, std::vector<cancellation>* cancelled) {
  if (type_.topic) {
    if (cancelled != nullptr) cancelled->push_back({at, {}});
    keep_newest(*checkpoint_.mutable_ended(), at, limits::lives_kept_max);
  }
  instance_.reset();
  checkpoint_.clear_life();
  checkpoint_.clear_cancelled();
  checkpoint_.set_done(true);
  touched_ = at;
}

/// That it belongs to a former life can be told without it.
void runner::remember_void(const event& firing, position life) {
  if (rules::is_of_former_life(firing, life)) return;
  keep_newest(*checkpoint_.mutable_voided(), firing.at, limits::voids_kept_max);
}

void runner::cancel(const reactions& then, position at, std::vector<cancellation>* cancelled) {
  for (const auto type : then.cancelled()) {
    if (cancelled != nullptr) cancelled->push_back({at, std::string{type}});
    auto& known = *checkpoint_.mutable_cancelled();
    auto entry = std::find_if(known.begin(), known.end(),
                              [type](const auto& one) { return one.type() == type; });
    auto& kept = entry == known.end() ? *known.Add() : *entry;
    kept.set_type(std::string{type});
    kept.set_before(at.value);
  }
}

void runner::finish(turn& made) {
  checkpoint_.clear_error_position();
  checkpoint_.clear_error_message();
  checkpoint_.set_version(static_cast<std::uint32_t>(type_.version));
  if (!spent_) save_state(made);
  made.checkpoint = checkpoint_;
  touched_.reset();
  must_save_ = false;
}

void runner::save_state(turn& made) {
  const auto* kept = state();
  careful_ = false;
  bool changed = touched_.has_value();
  if (kept == nullptr || must_save_ || saver_.is_due()) {
    made.state = saver_.save(kept);
    checkpoint_.clear_state_json();
    changed = changed && saver_.changed();
    if (checkpoint_.has_position()) checkpoint_.set_snapshot(checkpoint_.position());
  }
  if (changed) checkpoint_.set_changed(touched_->value);
}

turn runner::skip(position at, const std::string& message) {
  MILLRACE_INVARIANT(!spent_);
  turn made{.handled = 1};
  must_save_ = true;
  if (!is_known(at)) {
    remember_skip(at, message);
    advance(at);
  }
  finish(made);
  return made;
}

/// In order of positions: a flow that is reset meets them again.
void runner::remember_skip(position at, const std::string& message) {
  auto& skipped = *checkpoint_.mutable_skipped();
  auto& entry = *skipped.Add();
  entry.set_position(at.value);
  entry.set_error(to_utf8(message, skip_message_size_max));
  for (int i = skipped.size() - 1; i > 0 && skipped[i].position() < skipped[i - 1].position();
       --i) {
    skipped.SwapElements(i, i - 1);
  }
  const auto excess = skipped.size() - static_cast<int>(limits::skips_kept_max);
  if (excess > 0) skipped.DeleteSubrange(0, excess);
  checkpoint_.set_skipped_count(checkpoint_.skipped_count() + 1);
}

}  // namespace millrace
