#include "flow/rules.hpp"

#include <algorithm>

#include "wire/envelope_view.hpp"

namespace millrace::rules {

bool is_own_firing(const event& what, const flow_key& self) {
  return what.envelope->has_timer && what.envelope->timer_flow == self.text();
}

bool is_of_former_life(const event& firing, position life) {
  return firing.envelope->timer_cause < life.value;
}

bool is_cancelled(const event& firing, const v1::Checkpoint& checkpoint) {
  const auto set_by = firing.envelope->timer_cause;
  return std::any_of(
      checkpoint.cancelled().begin(), checkpoint.cancelled().end(),
      [&](const auto& one) { return one.type() == firing.type && one.before() > set_by; });
}

bool is_folded_before(const event& what, const flow_key& self, position life) {
  const auto& envelope = *what.envelope;
  return envelope.emitter == self.text() && !envelope.due && !envelope.from_schedule &&
         envelope.cause && *envelope.cause >= life;
}

bool reaches_self(const flow_type& type, std::size_t observed, const event& what,
                  const flow_key& self) {
  if (type.single) return !self.has_id();
  if (!self.has_id()) return false;
  const auto reached = type.observes[observed].route(*what.body, what);
  return std::any_of(reached.targets().begin(), reached.targets().end(),
                     [&](const auto& target) { return target.id == self.id(); });
}

bool is_skipped(const v1::Checkpoint& checkpoint, position at) {
  const auto& skipped = checkpoint.skipped();
  if (skipped.empty() || skipped.rbegin()->position() < at.value) return false;
  return std::any_of(skipped.begin(), skipped.end(),
                     [at](const auto& one) { return one.position() == at.value; });
}

bool is_deciding_again(const v1::Checkpoint& checkpoint, position at) {
  return checkpoint.has_replay_until() && at.value <= checkpoint.replay_until();
}

}  // namespace millrace::rules

namespace millrace {

bool has_begun(const v1::Checkpoint& checkpoint) {
  return checkpoint.has_position() || checkpoint.has_error_position() ||
         checkpoint.has_replay_until() || checkpoint.skipped_size() > 0;
}

v1::Checkpoint reset_checkpoint(const v1::Checkpoint& now, const flow_type& type,
                                bool accept_history) {
  v1::Checkpoint made;
  made.set_generation(now.generation() + 1);
  made.set_version(static_cast<std::uint32_t>(type.version));
  *made.mutable_skipped() = now.skipped();
  made.set_skipped_count(now.skipped_count());
  if (!type.topic || !(now.has_position() || now.has_replay_until())) return made;
  // Also when it was reset before and has not come back to where it was.
  made.set_replay_until(std::max(now.position(), now.replay_until()));
  made.set_accept_recorded(accept_history);
  return made;
}

}  // namespace millrace
