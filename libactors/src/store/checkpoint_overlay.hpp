/// What the checkpoint log holds that the flow table does not yet. docs/formats/checkpoint.md
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/checkpoint_record.hpp"
#include "store/store.hpp"

namespace millrace {

/// Some of a commit's checkpoints.
using checkpoint_writes = std::vector<const commit_batch::checkpoint_write*>;

/// Which commits and which folds something reflects.
struct log_version {
  std::int64_t newest = 0;  ///< number of the last row ever written to the log
  std::int64_t folded = 0;  ///< number of the last row that was folded
  friend bool operator==(const log_version&, const log_version&) = default;
};

/// A flow's newest checkpoint.
struct overlaid {
  std::string record;            ///< v1::Checkpoint, encoded
  std::int64_t checkpoint = -1;  ///< its position; -1: none
  bool stopped = false;
  std::shared_ptr<const std::string> state;  ///< null: the stored state stays
  std::int64_t seq = 0;                      ///< row of the log that has the record
  std::int64_t state_seq = 0;                ///< row of the log that has the state, if there is one
};
using overlaid_ptr = std::shared_ptr<const overlaid>;

/// What one read sees of it, in order of flows.
class overlay_view {
 public:
  using entry = std::pair<flow_number, overlaid_ptr>;
  explicit overlay_view(std::vector<entry> entries);
  /// Null: nothing newer than the table.
  [[nodiscard]] const overlaid* find(flow_number flow) const;
  [[nodiscard]] std::span<const entry> entries() const { return entries_; }

 private:
  std::vector<entry> entries_;
};

/// Has every flow that a row of the log names: what it does not say of a flow, no row does. Written
/// by the thread that writes, after the database; read by all. Since tables and overlay
/// change one after the other, a reader says which version its snapshot of the database has, and is
/// told when the overlay is not at that one: then it takes a new snapshot.
class checkpoint_overlay {
 public:
  using map = std::unordered_map<flow_number, overlaid_ptr>;

  /// First forgets the folded flows, then lays the new ones over.
  void apply(log_version now, std::span<const flow_number> folded, const map& written);
  void replace(log_version now, map entries);

  [[nodiscard]] log_version version() const;
  /// Of the newest commit, whatever a reader's snapshot shows.
  [[nodiscard]] overlaid_ptr newest(flow_number flow) const;
  /// None: not at this version. Null within: nothing newer than the table.
  [[nodiscard]] std::optional<overlaid_ptr> find(log_version seen, flow_number flow) const;
  [[nodiscard]] std::optional<overlay_view> view(log_version seen) const;

 private:
  mutable std::mutex mutex_;
  log_version version_;
  map entries_;
};

/// Lays a logged checkpoint over what there was. One that does not decode counts as stopped.
void overlay_with(checkpoint_overlay::map& entries, const logged_checkpoint& logged,
                  std::int64_t seq);

}  // namespace millrace
