/// How much work in hand the engine keeps in memory, in events and entries.
#pragma once

#include <cstddef>

#include "base/limits.hpp"

namespace millrace {

/// As limits.hpp says, unless a test wants flows to fall behind, buffers to be written and flows to
/// be unloaded all the time. Constant while an engine is open.
struct work_bounds {
  std::size_t window = limits::window_events_max;
  std::size_t windows = limits::windows_max * limits::window_events_max;
  std::size_t unwritten = limits::postings_buffered_max;
  std::size_t unwritten_of_many = limits::postings_of_many_max;
  std::size_t commit_rows = limits::commit_rows_max;
  std::size_t inbox = limits::inbox_events_max;
  std::size_t behind_read = limits::behind_read_max;
  std::size_t mend_distance = limits::mend_distance_max;
  std::size_t directory_entries = limits::directory_entries_max / 8 * 7;  // a table that is full
  std::size_t awake_flows = limits::awake_flows_max;
  std::size_t awake_at_tail = limits::awake_at_tail_max;
  std::size_t resident_flows = limits::resident_flows_max;
  std::size_t lane_window = limits::lane_window_events_min;
  std::size_t lane_flows = limits::lane_flows_max;
  std::size_t unlogged_checkpoints = limits::unlogged_checkpoints_min;  // where the host has a disk

  /// Windows of `room` events, and all else of that order; 0: as limits.hpp says.
  static work_bounds of(std::size_t room) {
    if (room == 0) return {};
    return {.window = room,
            .windows = limits::windows_max * room,
            .unwritten = 2 * room,
            .unwritten_of_many = 16 * room,
            .commit_rows = room,
            .inbox = 2 * room,
            .behind_read = room,
            .mend_distance = room,
            .directory_entries = 3 * room,
            .awake_flows = 2 * room,
            .awake_at_tail = room,
            .resident_flows = 4 * room,
            .lane_window = room,
            .lane_flows = 2 * room,
            .unlogged_checkpoints = room};
  }
};

}  // namespace millrace
