/// One commit in the making: requests in, in order, and one batch for the store out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/block_cutter.hpp"
#include "engine/encoded_append.hpp"
#include "engine/fences.hpp"
#include "engine/id_window.hpp"
#include "engine/requests.hpp"
#include "routing/interest.hpp"
#include "wire/type_registry.hpp"

namespace millrace {

namespace v1 {
class Envelope;
}

/// What a group checks requests against. All of it outlives the group.
struct group_surroundings {
  const store& stored;
  const type_registry& types;
  const interest_table& interest;
  const id_window& ids;
  const class fences& fences;
  block_cutter& texts;  ///< memory for what the group itself writes
};

/// Checks each request before anything is written, numbers its events, and lays the batch out. The
/// requests outlive the group, and a commit that found the disk full can be built of them again,
/// after give_back(); appends, which are refused then, give the room for their answer away. The
/// events outlive both: what they view is shared with those who follow, or copied. One thread at a
/// time: that which writes, and then that which flushed.
class group {
 public:
  group(group_surroundings around, position tail, timestamp now);
  /// About so many events, and turns, are coming.
  void expect(std::size_t events, std::size_t turns) {
    batch_.events.reserve(events);
    batch_.checkpoints.reserve(turns);
    checkpoints_.reserve(turns);
  }

  /// Each adds the request or says why it cannot be; a refused one leaves no trace.
  result<std::vector<position>> add(encoded_append& request);
  result<void> add(const flow_commit& request);
  result<void> add(derived_commit& request);
  result<void> add(const fire_request& request);
  result<void> add(const import_request& request);
  result<void> add(const timers_request& request);

  [[nodiscard]] const commit_batch& batch() const { return batch_; }
  /// Nothing was written: the requests are what they were. The batch is of no use afterwards.
  void give_back();
  [[nodiscard]] position end() const { return next_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Flows whose checkpoints came from elsewhere.
  [[nodiscard]] const std::vector<flow_number>& imported() const { return imported_; }
  /// After the commit: the schedule changes and, if they are wanted, the events, for those who
  /// follow. The batch has none of them afterwards.
  [[nodiscard]] std::shared_ptr<committed> take_committed(bool with_events);

 private:
  position place(std::string_view type, std::string_view payload, const v1::Envelope& envelope);
  position place(std::string_view type, std::string_view payload, const envelope_fields& envelope);
  position place(std::string_view type, std::string_view payload, std::string_view envelope);
  void schedule(position at, std::string_view type, timestamp due, const flow_key* flow,
                std::optional<position> set_by);
  char* cut(std::size_t size);
  std::string_view copy(std::string_view text);
  void keep(const std::shared_ptr<const void>& owner);
  [[nodiscard]] std::optional<position> find_id(std::string_view id) const;
  [[nodiscard]] bool is_repeat(const encoded_append& request) const;
  result<void> check_terms(const encoded_append& request) const;
  result<void> check_condition(const append_terms& terms) const;
  result<void> check_ids(const encoded_append& request) const;
  using known_events = std::multimap<position, std::size_t>;  // by index in the request
  result<void> check_recorded(const encoded_append& request, const known_events& known) const;
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

  group_surroundings around_;
  position begin_, next_;
  timestamp now_;
  std::size_t size_ = 0;
  std::size_t texts_size_ = 0;  // of it, what rows view
  commit_batch batch_;
  std::vector<std::shared_ptr<const void>> owners_;  // of what rows view
  std::unordered_map<std::string_view, position> new_ids_;
  std::unordered_map<flow_number, std::size_t> checkpoints_;  // index into batch_.checkpoints
  std::map<position, schedule_entry> new_timers_;
  std::unordered_map<position, bool> unscheduled_;
  std::vector<schedule_entry> activated_;
  std::vector<flow_number> imported_;
  struct loan {
    derived_commit* lender = nullptr;
    std::size_t postings = 0;
    std::size_t effects = 0;
    std::size_t rewritten = 0;
  };
  loan borrowed_;
};

}  // namespace millrace
