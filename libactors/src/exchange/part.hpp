/// A run of lines of an imported file, read: what one commit takes over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/block_pool.hpp"
#include "base/text_arena.hpp"
#include "millrace/checkpoint.pb.h"
#include "millrace/types.hpp"
#include "store/store.hpp"

namespace millrace::exchange {

/// What the lines of a file are. docs/formats/events.md, docs/formats/kurrent.md
enum class format : std::uint8_t { events, kurrent };

/// How far a file was read. Kept in the store, so that an interrupted import goes on there.
struct reading {
  std::optional<format> shape;  ///< none: no line told it yet
  std::uint64_t offset = 0;     ///< bytes
  std::uint64_t lines = 0;      ///< whole lines before `offset`
  position next;                ///< events before it are refused
};

struct bad_line {
  std::uint64_t number = 0;  ///< from 1
  std::string why;
};

/// A flow's checkpoint as the file has it.
struct imported_checkpoint {
  flow_key flow;
  v1::Checkpoint checkpoint;  ///< position, error and done
  std::string_view state;     ///< JSON text to the letter; empty: the line has none
};

/// Owns the texts that its rows view. Handed from the thread that reads to the one that writes.
struct part {
  event_rows events;  ///< in order of positions
  std::vector<remembered_id> ids;
  std::vector<schedule_entry> scheduled;
  std::vector<position> unscheduled;             ///< fired or cancelled by these events
  std::vector<imported_checkpoint> checkpoints;  ///< the last of each flow
  std::vector<std::string> flow_types;           ///< all that routes and checkpoints name
  std::vector<bad_line> bad;                     ///< skipped; or the last one is where it stops

  std::uint64_t lines = 0;    ///< all of them, also blank, ignored and skipped ones
  std::uint64_t ignored = 0;  ///< of streams that are no part of the format
  bool stops = false;         ///< at the bad line after these lines
  bool is_torn = false;       ///< the last bad line has no end: it is not among these lines
  reading after;              ///< how far the file is read with this part

  bool is_cut = false;  ///< a line over the limit was dropped before `text`
  pooled_bytes text;    ///< the lines: all bytes up to `after.offset`, without a hole
  std::size_t text_size = 0;
  text_arena arena;
};

}  // namespace millrace::exchange
