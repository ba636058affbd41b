/// An event's place in the inbox of a flow, and many of them in few bytes. docs/formats/postings.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/invariant.hpp"
#include "millrace/types.hpp"
#include "store/varint.hpp"

namespace millrace {

/// A dense number for a flow key, given once and never again. Keys are long, and postings many.
enum class flow_number : std::uint32_t {};

struct posting {
  position at;
  bool starts = false;  ///< may begin a life; otherwise it joins
  friend bool operator==(const posting&, const posting&) = default;
};

/// Appends to a block. `previous` is the posting before it in the same block; in an empty one, 0.
inline void append_posting(std::string& block, position previous, posting added) {
  append_varint(block, (added.at.value - previous.value) * 2 + (added.starts ? 1 : 0));
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

/// A whole inbox, or a part of one, as a value: coded like one block of any length. Equal bytes are
/// equal postings.
class posting_run {
 public:
  posting_run() = default;
  posting_run(std::initializer_list<posting> all) {
    for (const posting& one : all) append(one);
  }

  /// Postings ascend: one that does not is a bug.
  void append(posting added) {
    MILLRACE_INVARIANT(count_ == 0 || last_ < added.at);
    append_posting(coded_, last_, added);
    last_ = added.at;
    ++count_;
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::uint64_t size() const { return count_; }
  [[nodiscard]] std::optional<position> last() const {
    return empty() ? std::nullopt : std::optional{last_};
  }
  [[nodiscard]] std::string_view coded() const { return coded_; }
  [[nodiscard]] std::size_t bytes_held() const { return coded_.capacity(); }
  [[nodiscard]] posting_block_reader read() const { return posting_block_reader{coded_}; }
  [[nodiscard]] std::vector<posting> to_vector() const {
    std::vector<posting> all;
    all.reserve(count_);
    auto reader = read();
    for (posting one; reader.next(one);) all.push_back(one);
    return all;
  }
  friend bool operator==(const posting_run& a, const posting_run& b) {
    return a.coded_ == b.coded_;
  }

 private:
  std::string coded_;
  std::uint64_t count_ = 0;
  position last_;
};

}  // namespace millrace
