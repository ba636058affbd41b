// What a commit does to the containers of a memory_store.
#include <algorithm>
#include <utility>

#include "base/invariant.hpp"
#include "store/builds.hpp"
#include "store/memory_store.hpp"
#include "store/rules.hpp"

namespace millrace {

void memory_store::write_timeline(const commit_batch& batch) {
  for (const event_row& event : batch.events) {
    events_.push_back({event.at, std::string{event.type}, event.time, std::string{event.payload},
                       std::string{event.envelope}});
  }
  for (const v1::Import& each : batch.imports) imports_[each.number()] = each;
  for (const remembered_id& id : batch.ids) ids_.push_back(id);
  while (!ids_.empty() && left_id_window(ids_.size(), ids_.front().time, ids_.back().time)) {
    ids_.pop_front();
  }
}

void memory_store::write_schedule(const commit_batch& batch) {
  for (const schedule_entry& entry : batch.scheduled) {
    unschedule(entry.at);
    schedule_.emplace(entry.at, entry);
    due_.emplace(entry.due, entry.at);
    if (!entry.flow.empty()) timers_.emplace(entry.flow, entry.at);
  }
  for (const position at : batch.activated) {
    if (const auto found = schedule_.find(at); found != schedule_.end()) {
      found->second.inert = false;
    }
  }
  for (const position at : batch.unscheduled) unschedule(at);
}

void memory_store::unschedule(position at) {
  const auto found = schedule_.find(at);
  if (found == schedule_.end()) return;
  due_.erase({found->second.due, at});
  timers_.erase({found->second.flow, at});
  schedule_.erase(found);
}

void memory_store::write_flows(const commit_batch& batch) {
  for (const flow_entry& entry : batch.flows) {
    const auto [named, is_new] =
        numbers_.emplace(std::pair{entry.key.text(), entry.build}, entry.number);
    MILLRACE_INVARIANT(is_new || named->second == entry.number);
    flows_[entry.number].entry = entry;
  }
  std::set<flow_number> written;
  for (const auto& write : batch.checkpoints) {
    MILLRACE_INVARIANT(written.insert(write.flow).second);
    stored_flow& flow = flows_.at(write.flow);
    flow.checkpoint = write.checkpoint;
    if (write.state) flow.state = *write.state;
  }
}

void memory_store::rewrite_derived(const commit_batch& batch) {
  for (const flow_number flow : batch.erased) {
    const auto found = flows_.find(flow);
    if (found == flows_.end()) continue;
    numbers_.erase({found->second.entry.key.text(), found->second.entry.build});
    flows_.erase(found);
  }
  for (const auto& rewrite : batch.rewritten) {
    stored_flow& flow = flows_.at(rewrite.entry.number);
    flow.entry.born = rewrite.entry.born;
    flow.postings = rewrite.postings.to_vector();
  }
  for (const auto& rewrite : batch.rewritten_effects) {
    const position first{rewrite.span * effect_span_causes};
    const position end{first.value + effect_span_causes};
    effects_.erase(effects_.lower_bound({first, {}}), effects_.lower_bound({end, {}}));
    effects_.insert(rewrite.effects.begin(), rewrite.effects.end());
  }
}

void memory_store::write_derived(const commit_batch& batch) {
  for (const auto write : batch.postings) {
    std::vector<posting>& postings = flows_.at(write.flow).postings;
    for (const posting added : write.postings) {
      MILLRACE_INVARIANT(postings.empty() || postings.back().at < added.at);
      postings.push_back(added);
    }
  }
  effects_.insert(batch.effects.begin(), batch.effects.end());
  for (const v1::FlowType& type : batch.flow_types)
    flow_types_[{type.name(), build_of(type)}] = type;
  if (batch.routed) routed_ = *batch.routed;
  for (const build_name& each : batch.dropped) drop(each);
}

void memory_store::drop(const build_name& which) {
  flow_types_.erase({which.type, which.build});
  numbers_given_ = next_number();
  std::erase_if(numbers_, [&](const auto& named) {
    const auto& [key, number] = named;
    const bool goes = key.second == which.build && is_of_type(key.first, which.type);
    if (goes) flows_.erase(number);
    return goes;
  });
}

std::uint32_t memory_store::next_number() const {
  if (flows_.empty()) return numbers_given_;
  return std::max(numbers_given_, static_cast<std::uint32_t>(flows_.rbegin()->first) + 1);
}

}  // namespace millrace
