#include "flow/runner.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "base/invariant.hpp"
#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "flow/decisions.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {
namespace {

/// Calls into user code end here. None: it returned.
template <class Call>
std::optional<std::string> guarded(const Call& call) {
  try {
    return call();
  } catch (const std::exception& thrown) {
    return to_utf8(thrown.what(), limits::error_message_size_max);
  } catch (...) {
    return "unknown exception";
  }
}

v1::Envelope envelope_of(const reaction& made, const flow_key& emitter) {
  v1::Envelope envelope;
  envelope.set_cause(made.cause.value);
  envelope.set_correlation_id(made.correlation_id);
  envelope.set_user(made.user);
  envelope.set_emitter(emitter.text());
  envelope.set_ordinal(made.ordinal);
  envelope.set_depth(made.depth);
  return envelope;
}

/// Of every skipped event the checkpoint keeps a line, not the whole message.
std::size_t size_of(const std::vector<reaction>& decided, std::size_t from) {
  std::size_t size = 0;
  for (auto i = from; i < decided.size(); ++i) size += decided[i].payload.size();
  return size;
}

constexpr std::size_t skip_message_size_max = limits::error_message_size_max / 16;

}  // namespace

runner::runner(const flow_type& type, flow_key key) : type_(type), key_(std::move(key)) {}

result<void> runner::load(const v1::Checkpoint& checkpoint, std::string_view state) {
  checkpoint_ = checkpoint;
  instance_.reset();
  spent_ = false;
  saver_.loaded(checkpoint.has_life() ? state : std::string_view{});
  if (!checkpoint.has_life()) return {};
  const auto wrong = guarded([&]() -> complaint {
    instance_ = type_.make();
    auto* message = instance_->state();
    const auto size = static_cast<int>(state.size());
    if (message == nullptr || message->ParseFromArray(state.data(), size)) return std::nullopt;
    return fmt::format("the stored state does not decode as {}", message->GetTypeName());
  });
  if (!wrong) return {};
  spent_ = true;
  return error{errc::corrupt, fmt::format("{}: {}", key_.text(), *wrong)};
}

const google::protobuf::Message* runner::state() const {
  return instance_ ? instance_->state() : nullptr;
}

/// Ends early when what was decided is large: a turn is one transaction.
turn runner::run(std::span<const observation> seen) {
  MILLRACE_INVARIANT(!spent_);
  turn made;
  touched_.reset();
  must_save_ = false;
  std::size_t decided = 0;
  for (const auto& one : seen) {
    const bool last = made.handled + 1 == seen.size();
    const auto before = made.reactions.size();
    auto wrong = attempt(one, last, made);
    if (wrong) {
      made.failed = {one.what->at, std::move(*wrong)};
      spent_ = true;
      break;
    }
    ++made.handled;
    decided += size_of(made.reactions, before);
    if (decided >= limits::turn_size_max) break;
  }
  finish(made);
  return made;
}

/// An event that fails leaves nothing in the turn.
runner::complaint runner::attempt(const observation& seen, bool last, turn& made) {
  const auto before = made.reactions.size();
  auto wrong = guarded([&] { return observe(seen, last, made); });
  if (wrong)
    made.reactions.erase(made.reactions.begin() + static_cast<std::ptrdiff_t>(before),
                         made.reactions.end());
  return wrong;
}

runner::complaint runner::observe(const observation& seen, bool last, turn& made) {
  const event& what = *seen.what;
  if (is_known(what.at)) return std::nullopt;
  saver_.weigh(what.type, what.payload);
  const bool begins = !alive() && seen.starts && !is_own_firing(what);
  if (begins) instance_ = type_.make();
  if (begins || alive()) {
    if (auto wrong = live_through(what, begins, last, made)) return wrong;
  }
  checkpoint_.set_position(what.at.value);
  return std::nullopt;
}

/// What may throw or complain comes first; the checkpoint changes afterwards.
runner::complaint runner::live_through(const event& what, bool begins, bool last, turn& made) {
  const position life = begins ? what.at : position{checkpoint_.life()};
  const auto observed = type_.find(what.type);
  std::optional<reactions> then;
  bool over = false;
  if (is_void(what, life)) {
    must_save_ = true;  // a replay could not tell: of the cancellations only the last is kept
  } else if (observed < type_.observes.size()) {
    if (auto wrong = handle(observed, what, life, then, made)) return wrong;
    over = then ? then->is_done() : instance_->ends(observed, *what.body, what);
  }
  must_save_ = must_save_ || begins || over;
  if (!over) {
    if (auto wrong = inspect_state(last)) return wrong;
  }
  if (begins) begin_life(what.at);
  if (over) {
    end_life(what.at, made);
  } else if (then) {
    cancel(*then, what.at, made);
  }
  return std::nullopt;
}

/// One observed event of this life: given, when, and what comes of it.
runner::complaint runner::handle(std::size_t observed, const event& what, position life,
                                 std::optional<reactions>& then, turn& made) {
  if (what.body == nullptr) return fmt::format("payload does not decode as {}", what.type);
  if (!is_folded_before(what, life)) give(observed, what, what.at);
  if (!type_.observes[observed].has_when) return std::nullopt;
  const auto before = made.reactions.size();
  instance_->when(observed, *what.body, what, then.emplace(what));
  if (auto wrong = record(what, *then, made.reactions)) return wrong;
  return fold_own(what, *then, std::span{made.reactions}.subspan(before));
}

/// Own words count at once (promise 4).
runner::complaint runner::fold_own(const event& cause, const reactions& then,
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
    if (reaches_self(observed, own)) give(observed, own, cause.at);
  }
  return std::nullopt;
}

/// Costs nothing worth counting unless the state is about to be saved anyway.
runner::complaint runner::inspect_state(bool last) {
  const auto* kept = state();
  if (kept == nullptr) return std::nullopt;
  const bool closely = careful_ || (last && (must_save_ || saver_.is_due()));
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

bool runner::is_own_firing(const event& what) const {
  return what.envelope->has_timer() && what.envelope->timer().flow() == key_.text();
}

/// The firing of a timer that was set in a former life, or cancelled while it was on its way.
bool runner::is_void(const event& what, position life) const {
  if (!is_own_firing(what)) return false;
  const auto set_by = what.envelope->timer().cause();
  if (set_by < life.value) return true;
  return std::any_of(
      checkpoint_.cancelled().begin(), checkpoint_.cancelled().end(),
      [&](const auto& one) { return one.type() == what.type && one.before() > set_by; });
}

/// An own unscheduled emission of this life.
bool runner::is_folded_before(const event& what, position life) const {
  const auto& envelope = *what.envelope;
  return envelope.emitter() == key_.text() && !envelope.has_due() && !envelope.from_schedule() &&
         envelope.has_cause() && envelope.cause() >= life.value;
}

bool runner::reaches_self(std::size_t observed, const event& what) const {
  if (type_.single) return !key_.has_id();
  if (!key_.has_id()) return false;
  const auto reached = type_.observes[observed].route(*what.body, what);
  return std::any_of(reached.targets().begin(), reached.targets().end(),
                     [this](const auto& target) { return target.id == key_.id(); });
}

void runner::begin_life(position at) {
  checkpoint_.set_life(at.value);
  checkpoint_.set_done(false);
  checkpoint_.clear_cancelled();
  touched_ = at;
}

void runner::end_life(position at, turn& made) {
  if (type_.topic) made.cancellations.push_back({at, {}});
  instance_.reset();
  checkpoint_.clear_life();
  checkpoint_.clear_cancelled();
  checkpoint_.set_done(true);
  touched_ = at;
}

void runner::cancel(const reactions& then, position at, turn& made) {
  for (const auto type : then.cancelled()) {
    made.cancellations.push_back({at, std::string{type}});
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
}

void runner::save_state(turn& made) {
  const auto* kept = state();
  careful_ = false;
  bool changed = touched_.has_value();
  if (kept == nullptr || must_save_ || saver_.is_due()) {
    made.state = saver_.save(kept);
    changed = changed && saver_.changed();
    if (checkpoint_.has_position()) checkpoint_.set_snapshot(checkpoint_.position());
  }
  if (changed) checkpoint_.set_changed(touched_->value);
}

turn runner::skip(position at, const std::string& message) {
  MILLRACE_INVARIANT(!spent_);
  turn made{.handled = 1};
  touched_.reset();
  must_save_ = true;
  if (!is_known(at)) {
    auto& skipped = *checkpoint_.mutable_skipped();
    auto& entry = *skipped.Add();
    entry.set_position(at.value);
    entry.set_error(to_utf8(message, skip_message_size_max));
    const auto excess = skipped.size() - static_cast<int>(limits::skips_kept_max);
    if (excess > 0) skipped.DeleteSubrange(0, excess);
    checkpoint_.set_skipped_count(checkpoint_.skipped_count() + 1);
    checkpoint_.set_position(at.value);
  }
  finish(made);
  return made;
}

result<void> runner::replay(const observation& seen, std::span<const event> own_emissions) {
  const auto wrong = guarded([&] { return refold(seen, own_emissions); });
  if (!wrong) return {};
  return error{errc::corrupt,
               fmt::format("{}: replay of {}: {}", key_.text(), seen.what->at.value, *wrong)};
}

/// Turns that begin or end a life, skip, or meet a void timer are snapshots, so that none of it is
/// in the replayed stretch.
runner::complaint runner::refold(const observation& seen, std::span<const event> own_emissions) {
  const event& what = *seen.what;
  const bool saved = checkpoint_.has_snapshot() && what.at.value <= checkpoint_.snapshot();
  if (!alive() || saved || !is_known(what.at)) return std::nullopt;
  const auto fold = [&](const event& one, bool known) -> complaint {
    saver_.weigh(one.type, one.payload);
    const auto observed = type_.find(one.type);
    if (observed == type_.observes.size()) return std::nullopt;
    if (one.body == nullptr) return fmt::format("payload does not decode as {}", one.type);
    if (one.at == unplaced && !reaches_self(observed, one)) return std::nullopt;
    if (!known) give(observed, one, what.at);
    return std::nullopt;
  };
  if (auto wrong = fold(what, is_folded_before(what, {checkpoint_.life()}))) return wrong;
  for (event own : own_emissions) {
    own.at = unplaced;
    own.time = what.time;
    if (auto wrong = fold(own, own.due().has_value())) return wrong;
  }
  return std::nullopt;
}

}  // namespace millrace
