/// One commit in the making: requests in, in order, and one batch for the store out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/text_arena.hpp"
#include "engine/fences.hpp"
#include "engine/id_window.hpp"
#include "engine/requests.hpp"
#include "routing/interest.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

/// What a group checks requests against. All of it outlives the group.
struct group_surroundings {
  const store& stored;
  const type_registry& types;
  const interest_table& interest;
  const id_window& ids;
  const class fences& fences;
};

/// Checks each request before anything is written, numbers its events, and lays the batch out. The
/// requests stay as they are and outlive the group, so that a commit that found the disk full can
/// be built again. Journal thread only.
class group {
 public:
  group(group_surroundings around, position tail, timestamp now);

  /// Each adds the request or says why it cannot be; a refused one leaves no trace.
  result<std::vector<position>> add(const append_request& request);
  result<void> add(const flow_commit& request);
  result<void> add(const derived_commit& request);
  result<void> add(const fire_request& request);
  result<void> add(const import_request& request);
  result<void> add(const timers_request& request);

  [[nodiscard]] const commit_batch& batch() const { return batch_; }
  [[nodiscard]] position end() const { return next_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// After the commit: the schedule changes and, if they are wanted, the events, for those who
  /// follow.
  [[nodiscard]] std::shared_ptr<committed> take_committed(bool with_events);

 private:
  position place(std::string_view type, std::string_view payload, const v1::Envelope& envelope);
  position place(std::string_view type, std::string_view payload, std::string_view envelope);
  void schedule(position at, std::string_view type, timestamp due, const flow_key* flow,
                std::optional<position> set_by);
  [[nodiscard]] std::optional<position> find_id(const std::string& id) const;
  [[nodiscard]] bool is_repeat(const append_request& request) const;
  result<void> check_condition(const append_request& request) const;
  result<void> check_ids(const append_request& request) const;
  using known_events = std::multimap<position, std::size_t>;  // by index in the request
  result<void> check_recorded(const append_request& request, const known_events& known) const;
  result<bool> reached_since(const flow_key& key, position since) const;
  result<void> check_fence(const flow_commit& request) const;
  void react(const flow_commit& request, const reaction& one);
  void react(const flow_commit& request, const foreign_reaction& one);
  result<void> cancel(const flow_commit& request, const cancellation& one);
  result<std::vector<position>> outstanding(const flow_key& flow, const cancellation& one) const;
  result<std::optional<schedule_entry>> find_entry(position at) const;
  result<void> fire(const schedule_entry& entry);
  result<void> check_fence(const import_request& request) const;
  result<void> check_positions(const import_request& request) const;
  void place(const import_request& request);
  void unschedule(position at);
  void copy_events(committed& into) const;

  group_surroundings around_;
  position begin_, next_;
  timestamp now_;
  std::size_t size_ = 0;
  commit_batch batch_;
  text_arena texts_;  // what rows view and nobody else owns
  std::unordered_map<std::string_view, position> new_ids_;
  std::map<flow_number, std::size_t> checkpoints_;  // index into batch_.checkpoints
  std::map<position, schedule_entry> new_timers_;
  std::unordered_map<position, bool> unscheduled_;
  std::vector<schedule_entry> activated_;
};

}  // namespace millrace
