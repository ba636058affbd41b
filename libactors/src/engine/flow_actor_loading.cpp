// How a flow actor comes to its state: from its checkpoint, or from nothing.
#include <fmt/format.h>

#include <algorithm>

#include "engine/flow_actor.hpp"
#include "engine/recovery.hpp"
#include "flow/rules.hpp"
#include "store/builds.hpp"
#include "store/rules.hpp"

namespace millrace {

void flow_actor::load() {
  mode_ = mode::loading;
  open_ = {};
  handling_ = {};
  // What came before is read again: it need not follow what is loaded.
  for (const auto& one : queue_) drop(one);
  queue_.clear();
  inbox_.clear();
  last_seen_.reset();
  auto stored = fresh_ ? result<std::optional<loaded_flow>>{std::nullopt}
                       : context_.stored.load(flow_.number);
  if (!stored && stored.error().code == errc::corrupt) return cannot_load(stored.error());
  if (!stored) return context_.fail(stored.error());
  auto loaded = *stored
                    ? result<loaded_flow>{std::move(**stored)}
                    : first_checkpoint(context_.stored, *type_, flow_, formers_, accepts_recorded_);
  if (!loaded) return context_.fail(loaded.error());
  loaded_ = std::move(*loaded);
  committed_ = loaded_.checkpoint;
  gate_->handled = first_unhandled();
  if (repairs_) return begin_repair();
  if (committed_.has_error_position()) return end(true);
  recover_when_written();
}

void flow_actor::recover_when_written() {
  if (needs_replay(committed_)) {
    tell(*this, router_, need_postings{me(), flow_.number, position{committed_.position()}});
  } else {
    recover_and_go_on();
  }
}

void flow_actor::recover_and_go_on() {
  auto recovered = recover(context_.stored, context_.types, *type_, flow_, loaded_, runner_);
  loaded_ = {};
  if (!recovered) return cannot_recover(recovered.error().message);
  if (skipping_) return skip_failed();
  go_on();
}

/// Its checkpoint or its state is damaged: of what it was, no more is left than its row says. That
/// is the flow's matter alone.
void flow_actor::cannot_load(const error& why) {
  auto row = context_.stored.find_flow(flow_.number);
  if (!row || !row->has_value()) return context_.fail(row ? why : row.error());
  committed_ = std::move((**row).checkpoint);
  loaded_ = {};
  gate_->handled = first_unhandled();
  if (repairs_ && repairs_->order.what == repair_order::kind::reset) return begin_repair();
  if (const auto wanted = std::exchange(repairs_, std::nullopt)) repair_answer_ = wanted->answer;
  cannot_recover(why.message);
}

/// Stops before the next event. Which one that is can be told when the postings are written.
void flow_actor::cannot_recover(const std::string& why) {
  answer_repair(error{errc::conflict,
                      fmt::format("{} cannot be brought back to its checkpoint, and only a reset "
                                  "helps: {}",
                                  flow_.key.text(), why)});
  skipping_ = false;
  if (committed_.has_error_position()) return end(true);
  unrecoverable_ = "cannot be brought back to its checkpoint: " + why;
  tell(*this, router_, need_postings{me(), flow_.number, position{}});
}

void flow_actor::stop_unrecovered() {
  const auto waiting = context_.stored.postings(flow_.number, checkpoint_position(), 1);
  const bool is_known = waiting && !waiting->empty();
  const auto next = is_known ? waiting->front().at : position{first_unhandled()};
  stop_at({next, *std::exchange(unrecoverable_, std::nullopt)});
}

/// With its state in memory and nothing under way.
void flow_actor::go_on() {
  if (draining_ || !context_.run_flows) return end(false);
  // A new flow's first delivery is on its way, and others that came while it loaded may follow the
  // checkpoint: then there is nothing to read.
  const bool follows_checkpoint =
      !queue_.empty() &&
      (!queue_.front().previous || *queue_.front().previous <= checkpoint_position());
  if (!failing_ && (std::exchange(fresh_, false) || follows_checkpoint)) {
    mode_ = mode::live;
    tell(*this, router_, progressed{flow_.number});
    return handle_live();
  }
  detach();
  read_on();
}

}  // namespace millrace
