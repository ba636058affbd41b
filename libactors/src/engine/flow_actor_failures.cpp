// What a flow actor does when a handler throws, and how a stopped flow is repaired.
#include <fmt/format.h>

#include <algorithm>

#include "engine/flow_actor.hpp"
#include "engine/recovery.hpp"
#include "flow/rules.hpp"
#include "store/builds.hpp"

namespace millrace {
namespace {

// A build has 65,536 generations; changes of the state's message take some of them too
// (docs/formats/builds.md).
constexpr std::uint64_t resets_max = 65'000;

/// Why the flow cannot be repaired like that; none: it can.
std::optional<error> refusal(const v1::Checkpoint& now, const flow_entry& flow,
                             const repair_order& order) {
  if (order.what != repair_order::kind::reset) {
    if (now.has_error_position()) return {};
    return error{errc::conflict, flow.key.text() + " is not stopped"};
  }
  if (now.generation() < first_generation(flow.build) + resets_max) return {};
  return error{errc::conflict, fmt::format("{} was reset {} times: give its type a new version",
                                           flow.key.text(), resets_max)};
}

}  // namespace

void flow_actor::on_failed_turn() {
  const auto ended = std::exchange(open_, {});
  if (ended.handled == 0) return on_failure(*ended.failed);
  // The runner is spent, and the good part has to be decided again: from the checkpoint on.
  failing_ = ended.failed;
  attempts_ = 0;
  detach();
  load();
}

/// The first event of a turn failed, so that the checkpoint stands right before it.
void flow_actor::on_failure(const turn::failure& failed) {
  failing_ = failed;
  const auto& policy = type_->options.on_error;
  detach();
  if (attempts_ < policy.retries) {
    const auto delay = policy.backoff * (1u << std::min(attempts_, 20u));
    ++attempts_;
    context_.tell_batch({.type = *type_, .is_retry = true});
    mode_ = mode::pausing;
    tick_under_way_ = true;
    return tell_self_after(*this, delay, flow_tick{++generation_});
  }
  if (policy.finally == error_policy::then::stop) return stop_at(failed);
  skipping_ = true;
  load();
}

void flow_actor::stop_at(const turn::failure& failed) {
  turn decided;
  decided.checkpoint = committed_;
  decided.checkpoint.set_error_position(failed.at.value);
  decided.checkpoint.set_error_message(failed.message);
  mode_ = mode::ended;
  commit(std::move(decided), repeats::no);
}

/// The instance is at its checkpoint; what comes next is passed by and recorded.
void flow_actor::skip_failed() {
  skipping_ = false;
  detach();  // what was delivered meanwhile is read again
  commit(runner_.skip(failing_->at, failing_->message), repeats::no);
}

void flow_actor::begin_repair() {
  const auto wanted = *std::exchange(repairs_, std::nullopt);
  if (const auto why = refusal(committed_, flow_, wanted.order)) {
    (*wanted.answer)(*why);
    return committed_.has_error_position() ? end(true) : load();
  }
  if (wanted.order.what == repair_order::kind::reset) {
    repair_answer_ = wanted.answer;
    return begin_anew(wanted.order.accept_history);
  }
  repair_answer_ = wanted.answer;
  const turn::failure failed{position{committed_.error_position()}, committed_.error_message()};
  committed_.clear_error_position();
  committed_.clear_error_message();
  if (wanted.order.what == repair_order::kind::retry) {
    turn decided;
    decided.checkpoint = committed_;
    return commit(std::move(decided), repeats::no);  // and loads again, as any other flow
  }
  loaded_.checkpoint = committed_;
  failing_ = failed;
  skipping_ = true;
  recover_when_written();
}

/// The checkpoint is replaced by an empty one; then it loads again, as any other flow.
void flow_actor::begin_anew(bool accept_history) {
  context_.recorded.forget(flow_.key.type());
  turn decided;
  decided.checkpoint = reset_checkpoint(committed_, *type_, accept_history);
  decided.state = std::string{};
  gate_->handled = 0;  // so that nobody takes it for settled
  commit(std::move(decided), repeats::no);
}

void flow_actor::answer_repair(const result<void>& outcome) {
  if (const auto answer = std::exchange(repair_answer_, nullptr)) (*answer)(outcome);
}

/// Asks to be unloaded: nothing is under way, and nothing will be handled here.
void flow_actor::end(bool stopped) {
  for (const auto& one : queue_) drop(one);
  queue_.clear();
  mode_ = mode::ended;
  tell(*this, router_, flow_left{flow_.number, stopped});
}

}  // namespace millrace
