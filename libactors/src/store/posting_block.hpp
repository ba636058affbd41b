/// How long a block of postings grows. docs/formats/postings.md
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/limits.hpp"
#include "store/posting.hpp"

namespace millrace {

/// Eight full blocks and their rows take a page of 4096 bytes. A longer one would make each flush
/// of a busy flow's tail dearer, and reading hardly cheaper.
inline constexpr std::size_t posting_block_size = 480;
static_assert(posting_block_size <= limits::posting_block_size_max);

/// How many postings a whole block holds: each ends with a byte below 128.
[[nodiscard]] inline std::uint64_t posting_count(std::string_view block) {
  return static_cast<std::uint64_t>(
      std::count_if(block.begin(), block.end(), [](char one) { return (one & '\x80') == 0; }));
}

}  // namespace millrace
