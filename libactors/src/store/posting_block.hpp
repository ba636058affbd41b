/// A run of a flow's postings as bytes. docs/formats/postings.md
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "store/store.hpp"
#include "store/varint.hpp"

namespace millrace {

/// Eight full blocks and their rows take a page of 4096 bytes. A longer one would make each flush
/// of a busy flow's tail dearer, and reading hardly cheaper.
inline constexpr std::size_t posting_block_size = 480;
static_assert(posting_block_size <= limits::posting_block_size_max);

/// Appends to a block. `previous` is the posting before it in the same block; in an empty one, 0.
inline void append_posting(std::string& block, position previous, posting added) {
  append_varint(block, (added.at.value - previous.value) * 2 + (added.starts ? 1 : 0));
}

/// How many postings a whole block holds: each ends with a byte below 128.
[[nodiscard]] inline std::uint64_t posting_count(std::string_view block) {
  return static_cast<std::uint64_t>(
      std::count_if(block.begin(), block.end(), [](char one) { return (one & '\x80') == 0; }));
}

/// Takes postings off a block, one by one.
class posting_block_reader {
 public:
  explicit posting_block_reader(std::string_view block) : left_(block) {}

  /// False: at the end, or damaged().
  [[nodiscard]] bool next(posting& taken) {
    if (left_.empty()) return false;
    std::uint64_t coded = 0;
    if (!take_varint(left_, coded) || (coded / 2 == 0 && !first_)) {
      damaged_ = true;
      return false;
    }
    previous_.value += coded / 2;
    first_ = false;
    taken = {previous_, coded % 2 == 1};
    return true;
  }
  /// Bytes that are no number, or a posting that does not follow the one before it.
  [[nodiscard]] bool damaged() const { return damaged_; }

 private:
  std::string_view left_;
  position previous_;
  bool first_ = true;
  bool damaged_ = false;
};

}  // namespace millrace
