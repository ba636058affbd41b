/// A store in front of another one, to look at what passes, or to leave it out.
#pragma once

#include "store/store.hpp"

namespace millrace::bench {

/// Hands everything on; a benchmark overrides what it is about. The inner store outlives it.
class store_over : public store {
 public:
  explicit store_over(store& inner) : inner_(inner) {}

  result<void> write(const commit_batch& batch) override { return inner_.write(batch); }
  result<void> flush() override { return inner_.flush(); }
  result<bool> maintain() override { return inner_.maintain(); }
  result<void> close() override { return inner_.close(); }

  position tail() const override { return inner_.tail(); }
  result<void> scan(position from, position to, const row_visitor& visit) const override {
    return inner_.scan(from, to, visit);
  }
  result<void> fetch(std::span<const position> at, const row_visitor& visit) const override {
    return inner_.fetch(at, visit);
  }
  result<std::uint32_t> flow_count() const override { return inner_.flow_count(); }
  result<std::optional<flow_row>> find_flow(const flow_key& key,
                                            build_number build) const override {
    return inner_.find_flow(key, build);
  }
  result<std::optional<flow_row>> find_flow(flow_number flow) const override {
    return inner_.find_flow(flow);
  }
  result<std::optional<loaded_flow>> load(flow_number flow) const override {
    return inner_.load(flow);
  }
  result<std::vector<posting>> postings(flow_number flow, std::optional<position> after,
                                        std::size_t limit) const override {
    return inner_.postings(flow, after, limit);
  }
  result<std::uint64_t> count_postings(flow_number flow, std::optional<position> after,
                                       position until) const override {
    return inner_.count_postings(flow, after, until);
  }
  result<std::uint64_t> state_size(flow_number flow) const override {
    return inner_.state_size(flow);
  }
  result<stored_inbox> inbox(flow_number flow) const override { return inner_.inbox(flow); }
  result<std::vector<flow_number>> orphans() const override { return inner_.orphans(); }
  result<void> pending(const flow_visitor& visit) const override { return inner_.pending(visit); }
  result<void> flows(std::string_view type, const flow_visitor& visit) const override {
    return inner_.flows(type, visit);
  }
  result<std::vector<v1::FlowType>> flow_types() const override { return inner_.flow_types(); }
  result<position> routed() const override { return inner_.routed(); }
  result<std::vector<position>> effects(position cause) const override {
    return inner_.effects(cause);
  }
  result<std::vector<effect>> effects_of_span(std::uint64_t span) const override {
    return inner_.effects_of_span(span);
  }
  result<std::vector<std::uint64_t>> effect_spans() const override { return inner_.effect_spans(); }
  result<std::vector<schedule_entry>> schedule(timers which,
                                               std::optional<std::pair<timestamp, position>> after,
                                               std::size_t limit) const override {
    return inner_.schedule(which, after, limit);
  }
  result<std::optional<schedule_entry>> scheduled(position at) const override {
    return inner_.scheduled(at);
  }
  result<std::vector<schedule_entry>> timers_of(const flow_key& flow) const override {
    return inner_.timers_of(flow);
  }
  result<std::vector<v1::Import>> imports() const override { return inner_.imports(); }
  result<std::vector<remembered_id>> recent_ids() const override { return inner_.recent_ids(); }
  result<std::vector<std::string>> check() const override { return inner_.check(); }
  read_counts reads() const override { return inner_.reads(); }

 private:
  store& inner_;
};

}  // namespace millrace::bench
