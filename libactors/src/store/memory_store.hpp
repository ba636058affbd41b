/// The store of tests and simulations: plain containers under one mutex.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "store/store.hpp"

namespace millrace {

/// Obviously right rather than fast: what the other stores are compared with. Outlives the hosts
/// that use it one after the other, so it survives what a test calls a crash; it never touches a
/// disk. Visitors run outside of the mutex and may call the store.
class memory_store final : public store {
 public:
  result<void> write(const commit_batch& batch) override;
  result<void> flush() override;
  /// Nothing to keep house of: always false.
  result<bool> maintain() override { return false; }
  /// Refuses commits with errc::closed until reopen().
  result<void> close() override;

  [[nodiscard]] position tail() const override;
  result<void> scan(position from, position to, const row_visitor& visit) const override;
  result<void> fetch(std::span<const position> at, const row_visitor& visit) const override;

  [[nodiscard]] result<std::uint32_t> flow_count() const override;
  [[nodiscard]] result<std::optional<flow_row>> find_flow(const flow_key& key,
                                                          build_number build) const override;
  [[nodiscard]] result<std::optional<flow_row>> find_flow(flow_number flow) const override;
  [[nodiscard]] result<std::optional<loaded_flow>> load(flow_number flow) const override;
  [[nodiscard]] result<std::vector<posting>> postings(flow_number flow,
                                                      std::optional<position> after,
                                                      std::size_t limit) const override;
  [[nodiscard]] result<std::uint64_t> count_postings(flow_number flow,
                                                     std::optional<position> after,
                                                     position until) const override;
  [[nodiscard]] result<std::uint64_t> state_size(flow_number flow) const override;
  [[nodiscard]] result<stored_inbox> inbox(flow_number flow) const override;
  [[nodiscard]] result<std::vector<flow_number>> orphans() const override;
  result<void> pending(const flow_visitor& visit) const override;
  result<void> flows(std::string_view type, const flow_visitor& visit) const override;
  [[nodiscard]] result<std::vector<v1::FlowType>> flow_types() const override;

  [[nodiscard]] result<position> routed() const override;
  [[nodiscard]] result<std::vector<position>> effects(position cause) const override;
  [[nodiscard]] result<std::vector<effect>> effects_of_span(std::uint64_t span) const override;
  [[nodiscard]] result<std::vector<std::uint64_t>> effect_spans() const override;
  [[nodiscard]] result<std::vector<schedule_entry>> schedule(
      timers which, std::optional<std::pair<timestamp, position>> after,
      std::size_t limit) const override;
  [[nodiscard]] result<std::optional<schedule_entry>> scheduled(position at) const override;
  [[nodiscard]] result<std::vector<schedule_entry>> timers_of(const flow_key& flow) const override;
  [[nodiscard]] result<std::vector<v1::Import>> imports() const override;
  [[nodiscard]] result<std::vector<remembered_id>> recent_ids() const override;

  [[nodiscard]] result<std::vector<std::string>> check() const override;
  [[nodiscard]] read_counts reads() const override;

  // For tests.

  /// Asked before each commit; an error is what commit answers, and nothing changes. After
  /// storage_failed the store refuses commits until reopen(), like a real one.
  using commit_hook = std::function<result<void>(const commit_batch&)>;
  void before_commit(commit_hook hook);
  /// Asked at each flush, on its thread; an error is what the flush answers.
  void at_flush(std::function<result<void>()> hook);
  /// Called once, by the reader that next finds no more postings of a flow, before it goes on: what
  /// comes between its look and what it makes of it.
  void at_the_end_of_an_inbox(std::function<void()> hook);
  /// As after a restart of the process: forgets close(), a failure and the read counts.
  void reopen();
  [[nodiscard]] std::uint64_t commits() const;

 private:
  struct stored_event {
    position at;
    std::string type;
    timestamp time;
    std::string payload;
    std::string envelope;
  };
  struct stored_flow {
    flow_entry entry;
    std::vector<posting> postings;
    std::optional<v1::Checkpoint> checkpoint;
    std::string state;
  };

  void write_timeline(const commit_batch& batch);
  void write_schedule(const commit_batch& batch);
  void unschedule(position at);
  void write_flows(const commit_batch& batch);
  void rewrite_derived(const commit_batch& batch);
  void write_derived(const commit_batch& batch);
  void drop(const build_name& which);
  [[nodiscard]] std::uint32_t next_number() const;
  [[nodiscard]] std::vector<event_row> rows(position from, position to, std::size_t limit) const;
  [[nodiscard]] flow_row row_of(const stored_flow& flow) const;
  result<void> visit_flows(const std::vector<flow_row>& rows, const flow_visitor& visit) const;

  mutable std::mutex mutex_;
  // Never shrinks and never moves its elements, so views into it stay good outside of the mutex.
  std::deque<stored_event> events_;
  std::deque<remembered_id> ids_;
  std::map<std::uint64_t, v1::Import> imports_;
  std::map<position, schedule_entry> schedule_;
  std::set<std::pair<timestamp, position>> due_;       // the schedule, in order of time
  std::set<std::pair<std::string, position>> timers_;  // the schedule, by flow
  std::map<flow_number, stored_flow> flows_;
  std::map<std::pair<std::string, build_number>, flow_number> numbers_;
  std::map<std::pair<std::string, build_number>, v1::FlowType> flow_types_;
  std::uint32_t numbers_given_ = 0;  // to flows that are gone
  std::set<effect> effects_;
  position routed_;
  std::optional<error> refuses_;  ///< commits, with this
  commit_hook hook_;
  std::function<result<void>()> at_flush_;
  mutable std::function<void()> at_end_;
  std::uint64_t commits_ = 0;
  mutable std::atomic<std::uint64_t> events_read_{0};
  mutable std::atomic<std::uint64_t> postings_read_{0};
  mutable std::atomic<std::uint64_t> flows_read_{0};
};

}  // namespace millrace
