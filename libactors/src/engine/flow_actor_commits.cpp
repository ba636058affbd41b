// How a flow actor makes its turns durable.
#include "engine/flow_actor.hpp"

namespace millrace {

void flow_actor::commit(turn decided, repeats comes_again) {
  pending_.emplace();
  pending_->checkpoint = decided.checkpoint;
  gate_->committing = true;
  context_.writes.submit(flow_commit{
      .flow = flow_.number,
      .key = flow_.key,
      .expected = checkpoint_position(),
      .decided = std::move(decided),
      .done =
          [self = me()](const result<void>& outcome) {
            tell(self, commit_done{outcome ? std::nullopt : std::optional{outcome.error()}});
          },
      .follows = comes_again == repeats::yes});
}

void flow_actor::on_committed(const std::optional<error>& failed) {
  if (!pending_) return;
  if (failed) {
    answer_repair(*failed);
    return context_.fail(*failed);
  }
  committed_ = std::move(pending_->checkpoint);
  pending_.reset();
  if (failing_ && checkpoint_position() >= failing_->at) {
    failing_.reset();
    attempts_ = 0;
  }
  inbox_.remove(std::exchange(pending_entries_, 0), context_.time.steady());
  gate_->handled = first_unhandled();
  gate_->committing = false;
  report_progress();
  answer_repair({});
  if (committed_.has_error_position()) return end(true);
  if (draining_ || !context_.run_flows) return end(false);
  if (mode_ == mode::live) return handle_live();
  if (mode_ == mode::loading) return load();
  if (mode_ == mode::reading) read_on();
}

void flow_actor::report_progress() {
  const bool dry = queue_.empty() && !is_open() && mode_ == mode::live;
  if (gate_->watched || (context_.watch_all && dry)) {
    tell(*this, router_, progressed{flow_.number});
  }
}

}  // namespace millrace
