// The part of the router that replaces what a rebuild found to be wrong.
#include <utility>

#include "base/invariant.hpp"
#include "routing/router.hpp"

namespace millrace {

/// Also one that this router should know if it were here: what is mended was damaged.
result<routed_flow*> router::known_or_damaged(const flow_key& key, build_number build) {
  auto one = to_seek(key.text(), build);
  if (auto done = look_up({&one, 1}); !done) return done.error();
  if (one.flow != nullptr) return one.flow;
  missing_.assign(1, &one);
  if (auto done = ask_store(); !done) return done.error();
  return one.flow;
}

result<routed_flow*> router::replace(const flow_key& key, build_number build, position born,
                                     posting_run postings,
                                     std::optional<v1::Checkpoint> of_new_entry) {
  MILLRACE_INVARIANT(being_written_.empty() && being_replaced_.empty());
  auto found = known_or_damaged(key, build);
  if (!found) return found.error();
  const bool is_new = *found == nullptr;
  if (is_new && postings.empty()) return *found;
  if (is_new) {
    *found = &remember({flow_number{next_number_++}, key, born, build}, {});
  }
  routed_flow& flow = **found;
  flow.entry.born = born;
  const bool was_enlisted = std::exchange(flow.enlisted, false);
  unwritten_.clear(flow.unwritten);
  flow.latest = postings.last();
  flow.replacing = true;
  if (!is_new) of_new_entry.reset();
  replaced_.push_back(
      {&flow, std::move(postings), is_new || was_enlisted, std::move(of_new_entry)});
  dirty_ = true;
  return &flow;
}

result<bool> router::erase(const flow_key& key, build_number build) {
  MILLRACE_INVARIANT(being_written_.empty());
  auto found = known_or_damaged(key, build);
  if (!found) return found.error();
  routed_flow* flow = *found;
  if (flow == nullptr) return true;
  if (flow->keep || flow->replacing || flow->enlisted) return false;
  erased_.push_back(flow->entry.number);
  std::erase(touched_, flow);
  unwritten_.clear(flow->unwritten);
  flows_.erase(*flow);
  dirty_ = true;
  return true;
}

void router::replace(commit_batch::effects_rewrite effects) {
  replaced_effects_.push_back(std::move(effects));
  dirty_ = true;
}

void router::take_replaced(commit_batch& into) {
  for (auto& [flow, postings, fresh, checkpoint] : std::exchange(replaced_, {})) {
    if (fresh) into.flows.push_back(flow->entry);
    if (checkpoint) into.checkpoints.push_back({flow->entry.number, std::move(*checkpoint), {}});
    being_replaced_.emplace_back(flow, postings.last());
    into.rewritten.push_back({flow->entry, std::move(postings)});
  }
  into.erased = erased_;
  into.rewritten_effects = std::exchange(replaced_effects_, {});
}

void router::replaced_written() {
  for (const auto& [flow, last] : std::exchange(being_replaced_, {})) {
    flow->written = last;
    flow->replacing = false;
  }
  erased_.clear();
}

}  // namespace millrace
