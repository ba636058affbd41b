/// Protobuf's arenas on memory that is used again.
#pragma once

#include <google/protobuf/arena.h>

#include "base/block_pool.hpp"
#include "base/limits.hpp"

namespace millrace {

/// A window holds one event at rest and megabytes under load.
[[nodiscard]] inline google::protobuf::ArenaOptions pooled_arena() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 1024;
  options.max_block_size = limits::block_size;
  options.block_alloc = &block_pool::take;
  options.block_dealloc = &block_pool::give;
  return options;
}

}  // namespace millrace
