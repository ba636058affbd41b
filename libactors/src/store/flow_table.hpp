/// The directory of flows with their postings and folded checkpoints in SQLite.
/// docs/formats/postings.md and checkpoint.md
#pragma once

#include <string>
#include <vector>

#include "sqlite/connection.hpp"
#include "store/checkpoint_overlay.hpp"
#include "store/known_flows.hpp"
#include "store/store.hpp"

namespace millrace {

/// The next free number: what is stored without a directory entry holds its number, and those of
/// dropped flows are not given again.
inline constexpr std::string_view flow_count_query =
    "SELECT max(1 + max(coalesce((SELECT max(number) FROM flows), -1), "
    "coalesce((SELECT max(flow) FROM posting_blocks), -1), "
    "coalesce((SELECT max(flow) FROM states), -1)), "
    "(SELECT value FROM progress WHERE name = 'numbers'))";

/// The committing side, within a transaction of its connection.
class flow_writer {
 public:
  result<void> prepare(sqlite::connection& database);
  /// Of these flows with their checkpoints and states, in order of flows. Flows from `first_new` on
  /// are not there yet: with their postings.
  result<void> write_entries(const commit_batch& batch, const checkpoint_writes& whole,
                             flow_number first_new);
  /// Those that did not go with an entry of the same batch: after write_entries().
  result<void> write_postings(const commit_batch& batch);
  /// The flow's checkpoint, and its state when there is a newer one.
  result<void> fold(flow_number flow, const overlaid& newest);
  /// The same, of flows of which the log says nothing.
  result<void> fold(const checkpoint_writes& all);
  /// What was written is undone, or something else wrote rows of flows.
  void forget() { is_pending_.clear(); }

 private:
  result<void> write_entry(const flow_entry& flow, const checkpoint_writes& whole);
  result<void> write_whole(const flow_entry& flow, std::optional<position> born,
                           const commit_batch::checkpoint_write& its);
  void find_first_postings(const commit_batch& batch, flow_number first_new);
  std::optional<posting_writes::write> take_first_postings(flow_number flow);
  result<void> write_with_inbox(const flow_entry& flow, std::optional<position> born,
                                const posting_writes::write& its);
  /// A checkpoint as the tables have it; views.
  struct columns {
    std::int64_t checkpoint = -1;
    bool stopped = false;
    std::string_view record;
    const std::string* state = nullptr;  ///< null: the stored state stays
  };
  columns columns_of(const commit_batch::checkpoint_write& its);
  result<void> fold(flow_number flow, const columns& newest);
  result<void> put_state(flow_number flow, const columns& newest);
  result<void> append(const posting_writes::write& write);
  void add_postings(const posting_writes::write& write);
  result<void> put_blocks(flow_number flow);
  void note_pending(flow_number flow, bool is_so);

  sqlite::statement insert_, insert_whole_, insert_with_inbox_, put_tail_, put_tail_of_pending_,
      put_block_, put_checkpoint_, put_state_;
  /// By number: it was written here, and nothing else was written since that may have changed it.
  std::vector<bool> is_pending_;
  // Of the flow at hand.
  std::string record_, block_;
  std::optional<position> latest_;
  struct full_block {
    position last;
    std::string block;
  };
  std::vector<full_block> full_;
  // Of the batch at hand, by number from first_new_ on.
  std::uint32_t first_new_ = 0;
  std::vector<std::optional<posting_writes::write>> first_postings_;
  std::vector<char> written_;
};

/// The reading side, on one connection and thread at a time. What it gives is without the overlay
/// unless it takes one.
class flow_reader {
 public:
  result<void> prepare(sqlite::connection& database);

  result<std::uint32_t> count();
  result<std::optional<flow_row>> find(const flow_key& key, build_number build);
  result<std::optional<flow_row>> find(flow_number flow);
  result<known_flows> find(std::span<const flow_name> names);
  /// As it lies: what the checkpoint says, and whether there is a state that it speaks of, is not
  /// looked at. None: there is no record.
  struct raw {
    std::string record;
    std::optional<std::string> state;
  };
  result<std::optional<raw>> load(flow_number flow);
  result<std::vector<posting>> postings(flow_number flow, std::optional<position> after,
                                        std::size_t limit);
  result<std::uint64_t> count_postings(flow_number flow, std::optional<position> after,
                                       position until);
  result<std::uint64_t> state_size(flow_number flow);
  /// Puts a newer checkpoint in the place of the stored one; null: there is none. One that does not
  /// decode becomes that of a flow that is stopped, see docs/formats/checkpoint.md.
  result<void> lay_over(flow_row& row, const overlaid* newest);
  /// Both return how many rows they handed out.
  result<std::uint64_t> pending(const overlay_view& overlay, const store::flow_visitor& visit);
  result<std::uint64_t> all(std::string_view type, const overlay_view& overlay,
                            const store::flow_visitor& visit);

 private:
  result<flow_row> row_of(const sqlite::statement& query);
  result<void> stop_damaged(flow_row& row);
  result<std::optional<flow_row>> one(sqlite::statement& query);
  // False: the visitor wants no more.
  result<bool> visit_range(sqlite::statement& query, const overlay_view& overlay,
                           const store::flow_visitor& visit, std::uint64_t& rows);

  sqlite::statement count_, by_name_, known_, by_key_, by_number_, load_, blocks_, tail_, pending_,
      all_, range_, state_size_;
};

/// What a record and the state beside it say. Errors: corrupt (the record does not decode, or the
/// state is lost that it speaks of).
result<loaded_flow> loaded_from(flow_number flow, std::string_view record,
                                std::optional<std::string> state);

}  // namespace millrace
