/// Every bound of the engine, in one place. Sizes are bytes unless a name says otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace millrace::limits {

using namespace std::chrono_literals;

// What one event may be.
inline constexpr std::size_t event_size_max = 4u << 20;  // payload and envelope
inline constexpr std::size_t type_name_size_max = 256;
inline constexpr std::size_t flow_key_size_max = 1024;
inline constexpr std::size_t event_id_size_max = 256;
inline constexpr std::size_t routes_per_event_max = 4096;
inline constexpr std::size_t state_size_max = 64u << 20;
inline constexpr std::uint64_t position_max = (1ull << 53) - 1;  // exact in every JSON reader
// An import leaves room for what is appended after it.
inline constexpr std::uint64_t imported_position_max = position_max - (1ull << 32);
inline constexpr std::uint32_t causal_depth_max = 1000;
inline constexpr std::size_t reactions_per_event_max = 65'536;
inline constexpr std::size_t reactions_size_max = 32u << 20;  // of one event
inline constexpr std::size_t turn_size_max = 8u << 20;        // then a turn ends early

// The journal.
inline constexpr std::size_t append_events_max = 65'536;   // in one call
inline constexpr std::size_t append_size_max = 32u << 20;  // in one call
inline constexpr std::size_t queue_events_max = 262'144;   // waiting appends from outside
inline constexpr std::size_t queue_size_max = 128u << 20;
inline constexpr std::size_t commit_events_max = 65'536;  // in one transaction
inline constexpr std::size_t commit_size_max = 64u << 20;
inline constexpr std::size_t commit_rows_max = 65'536;    // of flows: a third of a second
inline constexpr std::size_t fire_batch_max = 1024;       // timers in one request
inline constexpr std::size_t fences_kept_max = 1u << 20;  // flows whose checkpoint it remembers
inline constexpr std::size_t id_window_count = 65'536;
inline constexpr auto id_window_age = std::chrono::hours{24};
inline constexpr auto full_disk_retry = 500ms;
inline constexpr std::size_t queue_entries_kept_max = 16'384;  // of the queue's room, when empty

// Memory of what is appended until it is routed, and of windows: used again.
inline constexpr std::size_t block_size = 128u << 10;
inline constexpr std::size_t free_blocks_max = 1024;  // one window of many small events
inline constexpr std::size_t free_chunks_max = 96;    // of 2 MiB: of writes of inboxes, mostly
inline constexpr std::size_t blocks_kept_idle = 16;   // when nothing is behind

// The router.
inline constexpr std::size_t window_events_max = 131'072;  // one read of the timeline
inline constexpr std::size_t window_size_max = 32u << 20;  // encoded
inline constexpr std::size_t windows_max = 3;              // decoded and still in use
inline constexpr std::size_t bodies_size_max = 64u << 20;  // of one; then they are made anew
inline constexpr auto window_hold_max = 250ms;             // then slow flows lose theirs,
inline constexpr auto window_hold_each = 2us;              // and this much for each entry
inline constexpr std::size_t feed_size_max = 16u << 20;    // committed, not yet routed
// Postings wait in memory until they are written: so many, and some more for each inbox that they
// are for, since a write of one to an inbox costs as much as one of eight. While that is under way
// half as many may wait again, then nothing is routed.
inline constexpr std::size_t postings_buffered_max = 1u << 22;
inline constexpr std::size_t postings_buffered_each = 8;
inline constexpr std::size_t postings_of_many_max = 1u << 24;  // with those for each inbox
inline constexpr auto postings_age_max = 1000ms;               // or until they are so old;
inline constexpr auto postings_age_behind_max = 10s;           // while far behind or importing
inline constexpr auto router_tick = 250ms;                     // looks at ages
inline constexpr std::size_t held_entries_max = 65'536;  // flows that an import began; the same
inline constexpr std::size_t directory_entries_max = 1u << 21;  // cached key → flow number
inline constexpr std::size_t awake_flows_max = 1u << 20;  // with all that is known, far behind,
inline constexpr std::size_t awake_at_tail_max = 32'768;  // and otherwise

// A rebuild.
inline constexpr std::size_t rebuild_memory_max = 512u << 20;  // what is gathered in one pass
inline constexpr std::size_t mend_size_max = 8u << 20;         // of postings in one request
inline constexpr std::size_t mend_flows_max = 4096;
inline constexpr std::uint64_t mend_distance_max = 65'536;  // events the router itself makes up for

// What waits to be written of many flows at once may be older by this for each of them, so that
// writing, which takes about a quarter of it, is not all that is done: open turns of all lanes,
// and postings while far behind.
inline constexpr auto age_of_each = 40us;

// A lane: flows that are given their history together.
inline constexpr std::size_t lane_window_events_min = 4096;  // of a window, for flows to join
inline constexpr std::size_t lane_flows_max = 1u << 20;      // in all lanes; then one is emptied
inline constexpr std::size_t lane_commits_max = 65'536;      // of one lane, under way
inline constexpr auto lane_stuck_max = 5s;                   // for one window
inline constexpr auto lane_slow_each = 20us;  // handlers that take longer than this for an event,
inline constexpr auto lane_slow_max = 100ms;  // and this long in all, have their type put out

// One flow.
inline constexpr std::size_t inbox_events_max = 262'144;  // pushed and not yet handled
inline constexpr std::size_t behind_read_max = 4096;      // postings in one read
inline constexpr std::size_t behind_size_max = 8u << 20;
inline constexpr std::size_t small_state_max = 4096;  // saved with every checkpoint
inline constexpr std::size_t skips_kept_max = 100;
inline constexpr std::size_t lives_kept_max = 128;  // ends of them, for looking into the past
inline constexpr std::size_t voids_kept_max = 128;
inline constexpr std::size_t error_message_size_max = 4096;
inline constexpr auto idle_unload = 30s;
inline constexpr std::size_t resident_flows_max = 100'000;  // then every idle one is unloaded
inline constexpr std::size_t waking_flows_max = 1024;       // at once, at start
inline constexpr std::size_t repairs_under_way_max = 1024;  // of one retry of all

// The store.
inline constexpr std::size_t posting_block_size_max = 2048;
inline constexpr std::size_t checkpoint_log_entries_max = 32'768;
// Checkpoints of one commit that go past the log: then the tables' pages are shared by enough.
inline constexpr std::size_t unlogged_checkpoints_min = 4096;
inline constexpr std::size_t fold_slice = 512;   // checkpoints folded at once
inline constexpr std::size_t drop_slice = 1024;  // rows of dropped builds deleted at once
inline constexpr std::size_t wal_size_max = 4u << 20;
// Copying the WAL back takes a millisecond and as much again for 64 pages, but is seldom worth it
// for few: small commits write the same pages again and again.
inline constexpr std::size_t wal_spread_max = 1u << 20;  // of different pages, before it is long
inline constexpr std::size_t wal_of_small_commits_max = 2 * wal_size_max;
inline constexpr std::size_t timers_in_memory_max = 65'536;

// Import and export.
inline constexpr std::size_t line_size_max = state_size_max + event_size_max;  // of a file's line
inline constexpr std::size_t part_size = 2u << 20;        // of a file, in one transaction
inline constexpr std::size_t json_depth_max = 1000;       // brackets within brackets
inline constexpr std::size_t quick_line_size = 1u << 20;  // longer ones are read piece by piece

static_assert(append_events_max <= queue_events_max && append_size_max <= queue_size_max,
              "one call fits the empty queue");
static_assert(event_size_max <= append_size_max && append_size_max <= commit_size_max / 2,
              "the largest event fits a call, and the largest call half of a transaction");
static_assert(append_events_max <= commit_events_max, "a call is never split");
static_assert(window_events_max >= commit_events_max + append_events_max,
              "a window holds a commit");
static_assert(event_size_max <= window_size_max, "a window holds the largest event");
static_assert(inbox_events_max >= window_events_max, "a flow can take a whole window");
static_assert(postings_buffered_max + postings_buffered_each * awake_flows_max <=
                  postings_of_many_max,
              "every flow that is awake may have its share");
static_assert(awake_at_tail_max <= awake_flows_max, "who is far behind keeps no fewer");
static_assert(awake_flows_max < directory_entries_max / 8 * 7,
              "those that are not awake any more are known before the store is asked");
static_assert(lane_flows_max <= awake_flows_max && resident_flows_max <= awake_flows_max,
              "flows that stay awake because they have a lane or an actor leave room for others");
static_assert(unlogged_checkpoints_min <= lane_commits_max, "a full lane goes past the log");
static_assert(unlogged_checkpoints_min < checkpoint_log_entries_max,
              "the log takes a commit that has fewer");

}  // namespace millrace::limits
