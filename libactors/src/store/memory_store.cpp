#include "store/memory_store.hpp"

#include <algorithm>
#include <utility>

#include "store/rules.hpp"

namespace millrace {

namespace {

constexpr std::size_t scan_chunk = 1024;

}  // namespace

result<void> memory_store::write(const commit_batch& batch) {
  const std::lock_guard lock{mutex_};
  if (refuses_) return *refuses_;
  require_valid(batch, events_.empty() ? position{} : events_.back().at.next(), next_number());
  if (hook_) {
    if (auto allowed = hook_(batch); !allowed) {
      if (allowed.error().code == errc::storage_failed) refuses_ = allowed.error();
      return allowed;
    }
  }
  write_timeline(batch);
  write_schedule(batch);
  write_flows(batch);
  rewrite_derived(batch);
  write_derived(batch);
  ++commits_;
  return {};
}

result<void> memory_store::flush() {
  std::function<result<void>()> hook;
  {
    const std::lock_guard lock{mutex_};
    hook = at_flush_;
  }
  return hook ? hook() : result<void>{};
}

result<void> memory_store::close() {
  const std::lock_guard lock{mutex_};
  if (!refuses_) refuses_ = error{errc::closed, "the store is closed"};
  return {};
}

position memory_store::tail() const {
  const std::lock_guard lock{mutex_};
  return events_.empty() ? position{} : events_.back().at.next();
}

std::vector<event_row> memory_store::rows(position from, position to, std::size_t limit) const {
  const std::lock_guard lock{mutex_};
  std::vector<event_row> found;
  auto next = std::lower_bound(events_.begin(), events_.end(), from,
                               [](const stored_event& row, position at) { return row.at < at; });
  for (; next != events_.end() && next->at < to && found.size() < limit; ++next) {
    found.push_back({next->at, next->type, next->time, next->payload, next->envelope});
  }
  return found;
}

result<void> memory_store::scan(position from, position to, const row_visitor& visit) const {
  while (true) {
    const std::vector<event_row> chunk = rows(from, to, scan_chunk);
    for (const event_row& row : chunk) {
      ++events_read_;
      if (!visit(row)) return {};
    }
    if (chunk.size() < scan_chunk) return {};
    from = chunk.back().at.next();
  }
}

result<void> memory_store::fetch(std::span<const position> at, const row_visitor& visit) const {
  for (const position one : at) {
    for (const event_row& row : rows(one, one.next(), 1)) {
      ++events_read_;
      if (!visit(row)) return {};
    }
  }
  return {};
}

result<std::uint32_t> memory_store::flow_count() const {
  const std::lock_guard lock{mutex_};
  return next_number();
}

flow_row memory_store::row_of(const stored_flow& flow) const {
  flow_row row{flow.entry, std::nullopt, flow.postings.size(), {}};
  if (!flow.postings.empty()) row.latest = flow.postings.back().at;
  if (flow.checkpoint) row.checkpoint = *flow.checkpoint;
  return row;
}

result<std::optional<flow_row>> memory_store::find_flow(const flow_key& key,
                                                        build_number build) const {
  const std::lock_guard lock{mutex_};
  const auto found = numbers_.find({key.text(), build});
  if (found == numbers_.end()) return std::optional<flow_row>{};
  ++flows_read_;
  return std::optional{row_of(flows_.at(found->second))};
}

result<std::optional<flow_row>> memory_store::find_flow(flow_number flow) const {
  const std::lock_guard lock{mutex_};
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return std::optional<flow_row>{};
  ++flows_read_;
  return std::optional{row_of(found->second)};
}

result<std::optional<loaded_flow>> memory_store::load(flow_number flow) const {
  const std::lock_guard lock{mutex_};
  const auto found = flows_.find(flow);
  if (found == flows_.end() || !found->second.checkpoint) return std::optional<loaded_flow>{};
  ++flows_read_;
  return std::optional{loaded_flow{*found->second.checkpoint, found->second.state}};
}

result<std::vector<posting>> memory_store::postings(flow_number flow, std::optional<position> after,
                                                    std::size_t limit) const {
  std::unique_lock lock{mutex_};
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return std::vector<posting>{};
  const std::vector<posting>& all = found->second.postings;
  auto first = all.begin();
  if (after) {
    first = std::upper_bound(all.begin(), all.end(), *after,
                             [](position at, const posting& one) { return at < one.at; });
  }
  const auto left = static_cast<std::size_t>(all.end() - first);
  std::vector<posting> taken(first, first + static_cast<std::ptrdiff_t>(std::min(left, limit)));
  postings_read_ += taken.size();
  if (!taken.empty() || !at_end_) return taken;
  const auto meanwhile = std::exchange(at_end_, {});
  lock.unlock();
  meanwhile();
  return taken;
}

result<std::uint64_t> memory_store::count_postings(flow_number flow, std::optional<position> after,
                                                   position until) const {
  const std::lock_guard lock{mutex_};
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return std::uint64_t{0};
  const auto& all = found->second.postings;
  return static_cast<std::uint64_t>(std::count_if(all.begin(), all.end(), [&](const posting& one) {
    return (!after || one.at > *after) && one.at <= until;
  }));
}

result<std::uint64_t> memory_store::state_size(flow_number flow) const {
  const std::lock_guard lock{mutex_};
  const auto found = flows_.find(flow);
  return found == flows_.end() ? std::uint64_t{0} : std::uint64_t{found->second.state.size()};
}

result<stored_inbox> memory_store::inbox(flow_number flow) const {
  const std::lock_guard lock{mutex_};
  stored_inbox made;
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return made;
  for (const posting& one : found->second.postings) made.postings.append(one);
  postings_read_ += made.postings.size();
  return made;
}

result<std::vector<flow_number>> memory_store::orphans() const {
  return std::vector<flow_number>{};
}

result<void> memory_store::visit_flows(const std::vector<flow_row>& rows,
                                       const flow_visitor& visit) const {
  for (const flow_row& row : rows) {
    ++flows_read_;
    if (!visit(row)) break;
  }
  return {};
}

result<void> memory_store::pending(const flow_visitor& visit) const {
  std::vector<flow_row> found;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [number, flow] : flows_) {
      if (flow.postings.empty()) continue;
      flow_row row = row_of(flow);
      if (is_pending(row.latest, row.checkpoint)) found.push_back(std::move(row));
    }
  }
  return visit_flows(found, visit);
}

result<void> memory_store::flows(std::string_view type, const flow_visitor& visit) const {
  std::vector<flow_row> found;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [name, number] : numbers_) {
      if (is_of_type(name.first, type)) found.push_back(row_of(flows_.at(number)));
    }
  }
  return visit_flows(found, visit);
}

result<std::vector<v1::FlowType>> memory_store::flow_types() const {
  const std::lock_guard lock{mutex_};
  std::vector<v1::FlowType> all;
  for (const auto& [name, type] : flow_types_) all.push_back(type);
  return all;
}

result<position> memory_store::routed() const {
  const std::lock_guard lock{mutex_};
  return routed_;
}

result<std::vector<position>> memory_store::effects(position cause) const {
  const std::lock_guard lock{mutex_};
  std::vector<position> found;
  for (auto next = effects_.lower_bound({cause, {}});
       next != effects_.end() && next->cause == cause; ++next) {
    found.push_back(next->at);
  }
  return found;
}

result<std::vector<effect>> memory_store::effects_of_span(std::uint64_t span) const {
  const std::lock_guard lock{mutex_};
  const position first{span * effect_span_causes};
  const position end{first.value + effect_span_causes};
  return std::vector<effect>{effects_.lower_bound({first, {}}), effects_.lower_bound({end, {}})};
}

result<std::vector<std::uint64_t>> memory_store::effect_spans() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::uint64_t> spans;
  for (const effect& one : effects_) {
    if (spans.empty() || spans.back() != effect_span(one.cause)) {
      spans.push_back(effect_span(one.cause));
    }
  }
  return spans;
}

result<std::vector<schedule_entry>> memory_store::schedule(
    timers which, std::optional<std::pair<timestamp, position>> after, std::size_t limit) const {
  const std::lock_guard lock{mutex_};
  std::vector<schedule_entry> found;
  auto next = after ? due_.upper_bound(*after) : due_.begin();
  for (; next != due_.end() && found.size() < limit; ++next) {
    const auto& entry = schedule_.at(next->second);
    if (which == timers::all || !entry.inert) found.push_back(entry);
  }
  return found;
}

result<std::optional<schedule_entry>> memory_store::scheduled(position at) const {
  const std::lock_guard lock{mutex_};
  const auto found = schedule_.find(at);
  if (found == schedule_.end()) return std::optional<schedule_entry>{};
  return std::optional{found->second};
}

result<std::vector<schedule_entry>> memory_store::timers_of(const flow_key& flow) const {
  const std::lock_guard lock{mutex_};
  std::vector<schedule_entry> found;
  for (auto next = timers_.lower_bound({flow.text(), {}});
       next != timers_.end() && next->first == flow.text(); ++next) {
    found.push_back(schedule_.at(next->second));
  }
  return found;
}

result<std::vector<v1::Import>> memory_store::imports() const {
  const std::lock_guard lock{mutex_};
  std::vector<v1::Import> all;
  for (const auto& [number, record] : imports_) all.push_back(record);
  return all;
}

result<std::vector<remembered_id>> memory_store::recent_ids() const {
  const std::lock_guard lock{mutex_};
  return std::vector<remembered_id>{ids_.begin(), ids_.end()};
}

result<std::vector<std::string>> memory_store::check() const { return std::vector<std::string>{}; }

store::read_counts memory_store::reads() const {
  return {events_read_, postings_read_, flows_read_};
}

void memory_store::at_the_end_of_an_inbox(std::function<void()> hook) {
  const std::lock_guard lock{mutex_};
  at_end_ = std::move(hook);
}

void memory_store::before_commit(commit_hook hook) {
  const std::lock_guard lock{mutex_};
  hook_ = std::move(hook);
}

void memory_store::at_flush(std::function<result<void>()> hook) {
  const std::lock_guard lock{mutex_};
  at_flush_ = std::move(hook);
}

void memory_store::reopen() {
  const std::lock_guard lock{mutex_};
  refuses_.reset();
  events_read_ = postings_read_ = flows_read_ = 0;
}

std::uint64_t memory_store::commits() const {
  const std::lock_guard lock{mutex_};
  return commits_;
}

}  // namespace millrace
