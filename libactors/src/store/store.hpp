/// The durable side of everything, as a port: what one commit carries, and what can be read back.
/// Implementations: sqlite_store, memory_store. docs/formats/ says how the SQLite one lays it out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/block_pool.hpp"
#include "millrace/checkpoint.pb.h"
#include "millrace/import.pb.h"
#include "millrace/result.hpp"
#include "millrace/types.hpp"
#include "store/posting.hpp"
#include "store/posting_writes.hpp"

namespace millrace {

/// One folding of a flow type's history, from 1: its flows have directory entries, inboxes and
/// checkpoints of their own. A type has another one for each version, and for a reset by a scan. A
/// type that was never hosted has the first one only. docs/formats/builds.md
enum class build_number : std::uint32_t {};
inline constexpr build_number first_build{1};

/// One event as stored. A view: whoever hands it out says how long it lives.
struct event_row {
  position at;
  std::string_view type;
  timestamp time;
  std::string_view payload;
  std::string_view envelope;  ///< v1::Envelope, encoded; often empty
};

/// Of a commit: made by one thread and freed by another, many times a second.
using event_rows = std::vector<event_row, pooled_allocator<event_row>>;

/// A flow's entry in the directory, written when the first `starts` for its key is routed, or when
/// an import brings its checkpoint. Key and build together are unique.
struct flow_entry {
  flow_number number{};
  flow_key key;
  position born;  ///< of that first `starts`; earlier joins never count. unplaced: none came yet
  build_number build = first_build;
};

/// What is known of a flow without loading its state.
struct flow_row {
  flow_entry entry;
  std::optional<position> latest;  ///< last posting written
  std::uint64_t postings = 0;      ///< how many were written
  v1::Checkpoint checkpoint;
};

struct loaded_flow {
  v1::Checkpoint checkpoint;
  std::string state;  ///< as of checkpoint.snapshot
};

struct schedule_entry {
  position at;
  timestamp due;
  std::string type;
  std::string flow;                ///< key text of the topic that set it; empty: from outside
  std::optional<position> set_by;  ///< the event that made it do so
  bool inert = false;              ///< came with an import: does not fire until it is adopted
  friend bool operator==(const schedule_entry&, const schedule_entry&) = default;
};

/// A pair of the cause index: the envelope of the event at `at` names `cause`.
struct effect {
  position cause;
  position at;
  friend auto operator<=>(const struct effect&, const struct effect&) = default;
};

/// Of a commit: one of nearly every event.
using effect_pairs = std::vector<effect, pooled_allocator<effect>>;

/// Causes of one span are compared and replaced together. Never change: stores lay them out by it.
inline constexpr std::uint64_t effect_span_causes = 4096;
[[nodiscard]] constexpr std::uint64_t effect_span(position cause) {
  return cause.value / effect_span_causes;
}

/// All that is stored of a flow's inbox, at one moment.
struct stored_inbox {
  posting_run postings;  ///< in order; up to what is damaged
  /// Empty, or what does not fit together below this interface: blocks, counts, repeated columns.
  std::string damage;
};

/// Names one build of a flow type.
struct build_name {
  std::string type;
  build_number build = first_build;
  friend auto operator<=>(const build_name&, const build_name&) = default;
};

struct remembered_id {
  std::string id;
  position at;
  timestamp time;
};

/// What one transaction does. All of it becomes durable, or nothing.
struct commit_batch {
  /// False: all of it comes out again from what is flushed already, so that nobody has to wait for
  /// a flush: a power cut may undo it, with others of its kind, until the next one. A process that
  /// is killed loses nothing.
  bool needs_flush = true;

  /// In order of positions; the first is not before the tail.
  event_rows events;
  std::vector<remembered_id> ids;  ///< of those events; the store keeps the window of limits.hpp

  std::vector<schedule_entry> scheduled;
  std::vector<position> unscheduled;  ///< fired or cancelled; also such as are in `scheduled`
  std::vector<position> activated;    ///< no longer inert

  /// Directory entries: new ones, and known ones whose birth changed. One that is there already, as
  /// it is, may be written again.
  std::vector<flow_entry> flows;

  std::vector<v1::Import> imports;  ///< how far sources are imported; replaces those numbers

  struct checkpoint_write {
    flow_number flow{};
    v1::Checkpoint checkpoint;
    std::optional<std::string> state;  ///< none: the stored state stays
  };
  std::vector<checkpoint_write> checkpoints;  ///< at most one for a flow

  // Derived data that is rebuilt. Comes before what the router adds to it.
  /// Takes the place of whatever is stored for the flow; its checkpoint stays.
  struct inbox_rewrite {
    flow_entry entry;
    posting_run postings;
  };
  std::vector<inbox_rewrite> rewritten;
  /// All that is stored under these numbers goes. None has a checkpoint, or none is in the
  /// directory.
  std::vector<flow_number> erased;
  /// All effects of the causes of one span.
  struct effects_rewrite {
    std::uint64_t span = 0;
    std::vector<effect> effects;
  };
  std::vector<effects_rewrite> rewritten_effects;

  // Derived data, from the router.
  posting_writes postings;
  effect_pairs effects;                  ///< in order of (cause, at)
  std::vector<v1::FlowType> flow_types;  ///< replaces the rows of these names and builds
  std::optional<position> routed;        ///< the effects are complete before this position

  /// Their rows go with this commit, after flow_types were written; their flows, which nobody
  /// writes any more, go in slices of maintain() and may be seen until then.
  std::vector<build_name> dropped;

  [[nodiscard]] bool empty() const;
};

/// A store of one millrace. One thread at a time writes and maintains; any thread reads. Reads see
/// whole commits, and after write() returned, that commit. Errors of all calls: storage_failed,
/// corrupt; of write also storage_full (nothing changed, the same batch may be tried again).
class store {
 public:
  virtual ~store() = default;

  /// One transaction, which a power cut may undo, with those after it, until flush(). After
  /// storage_failed the store refuses every further one.
  virtual result<void> write(const commit_batch& batch) = 0;
  /// What was written before the call is on the disk when it returns. Any thread, also while
  /// another one writes. An error is final: nobody knows what the disk has of it.
  virtual result<void> flush() = 0;
  /// Both; only the first for a batch that does without.
  result<void> commit(const commit_batch& batch);
  /// A slice of housekeeping (folding checkpoints, the WAL) between commits. True: there is more to
  /// do.
  virtual result<bool> maintain() = 0;
  /// Does all housekeeping and closes the writing side; the last call of those who write or flush.
  virtual result<void> close() = 0;

  // The timeline.
  /// The first position that is not written yet. What was not flushed is before it: whoever tells
  /// the world of events goes by the journal's.
  [[nodiscard]] virtual position tail() const = 0;
  /// Rows from `from` on, before `to`, in order, until `visit` returns false. Rows live for the
  /// call.
  using row_visitor = std::function<bool(const event_row&)>;
  virtual result<void> scan(position from, position to, const row_visitor& visit) const = 0;
  /// The rows at these ascending positions; a position that holds no event is left out.
  virtual result<void> fetch(std::span<const position> at, const row_visitor& visit) const = 0;

  // Flows.
  [[nodiscard]] virtual result<std::uint32_t> flow_count() const = 0;  ///< next free number
  [[nodiscard]] virtual result<std::optional<flow_row>> find_flow(const flow_key& key,
                                                                  build_number build) const = 0;
  [[nodiscard]] virtual result<std::optional<flow_row>> find_flow(flow_number flow) const = 0;
  /// None: no checkpoint was ever written.
  [[nodiscard]] virtual result<std::optional<loaded_flow>> load(flow_number flow) const = 0;
  /// Postings after `after` (none: all), in order, at most `limit`.
  [[nodiscard]] virtual result<std::vector<posting>> postings(flow_number flow,
                                                              std::optional<position> after,
                                                              std::size_t limit) const = 0;
  /// How many postings are after `after` (none: all) and not after `until`. Reads what it counts in
  /// whole blocks, without taking them apart; reads() leaves them out.
  [[nodiscard]] virtual result<std::uint64_t> count_postings(flow_number flow,
                                                             std::optional<position> after,
                                                             position until) const = 0;
  /// Bytes of the stored state; 0: there is none. Does not read it.
  [[nodiscard]] virtual result<std::uint64_t> state_size(flow_number flow) const = 0;
  /// The whole inbox as it lies. A flow that is not in the directory has an empty one.
  [[nodiscard]] virtual result<stored_inbox> inbox(flow_number flow) const = 0;
  /// Numbers under which something is stored, but no directory entry.
  [[nodiscard]] virtual result<std::vector<flow_number>> orphans() const = 0;
  using flow_visitor = std::function<bool(const flow_row&)>;
  /// Those whose latest is after their checkpoint and that are not stopped; in order of numbers.
  /// Of all builds, retired ones too. Costs what is pending.
  virtual result<void> pending(const flow_visitor& visit) const = 0;
  /// All, or those of one type, of all builds, in byte order of keys and then of builds.
  virtual result<void> flows(std::string_view type, const flow_visitor& visit) const = 0;
  /// In byte order of names, and then of builds.
  [[nodiscard]] virtual result<std::vector<v1::FlowType>> flow_types() const = 0;

  // The rest.
  /// Where the cause index ends, see commit_batch::routed.
  [[nodiscard]] virtual result<position> routed() const = 0;
  /// Positions whose envelope names this cause, ascending.
  [[nodiscard]] virtual result<std::vector<position>> effects(position cause) const = 0;
  /// All pairs with a cause of the span, in any order, perhaps repeated.
  [[nodiscard]] virtual result<std::vector<effect>> effects_of_span(std::uint64_t span) const = 0;
  /// The spans that have any, ascending.
  [[nodiscard]] virtual result<std::vector<std::uint64_t>> effect_spans() const = 0;
  enum class timers { all, active };
  /// In order of (due, position), after the given place, at most `limit`; inert ones too, or not.
  [[nodiscard]] virtual result<std::vector<schedule_entry>> schedule(
      timers which, std::optional<std::pair<timestamp, position>> after,
      std::size_t limit) const = 0;
  [[nodiscard]] virtual result<std::optional<schedule_entry>> scheduled(position at) const = 0;
  /// Entries set by this flow, in order of positions.
  [[nodiscard]] virtual result<std::vector<schedule_entry>> timers_of(
      const flow_key& flow) const = 0;
  /// In order of numbers.
  [[nodiscard]] virtual result<std::vector<v1::Import>> imports() const = 0;
  /// Everything still in the id window, oldest first.
  [[nodiscard]] virtual result<std::vector<remembered_id>> recent_ids() const = 0;

  /// Looks for damage below the level of this interface (pages, indexes, counts). One line a
  /// finding.
  [[nodiscard]] virtual result<std::vector<std::string>> check() const = 0;

  /// Rows read since construction, for tests that count.
  struct read_counts {
    std::uint64_t events = 0;
    std::uint64_t postings = 0;
    std::uint64_t flows = 0;  ///< directory and checkpoint rows
  };
  [[nodiscard]] virtual read_counts reads() const = 0;
};

}  // namespace millrace
