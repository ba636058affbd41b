/// Postings that wait to be written, of many flows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/block_pool.hpp"
#include "store/posting.hpp"

namespace millrace {

/// Of one flow, in order; eight bytes each, a cache line for every seven. What is there never moves
/// when more comes. Its memory is that of the pool that filled it, which has to be told when the
/// list goes before it is empty. One thread.
class posting_list {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t size() const { return count_; }
  /// Calls `visit` with each, in order, until it returns false.
  template <class Visit>
  void each(Visit visit) const {
    const auto* at = first_;
    std::size_t place = dropped_;
    for (std::uint32_t i = 0; i < count_; ++i, ++place) {
      if (place == chunk::room) {
        at = at->next;
        place = 0;
      }
      const auto coded = at->coded[place];
      if (!visit(posting{position{coded / 2}, coded % 2 == 1})) return;
    }
  }
  /// Before they are read.
  void fetch_begin() const { __builtin_prefetch(first_); }
  /// Before the next one is added.
  void fetch_end() const { __builtin_prefetch(last_); }

 private:
  friend class posting_pool;
  struct chunk {
    static constexpr std::size_t room = 7;
    chunk* next;
    std::array<std::uint64_t, room> coded;  // twice the position, and whether it starts
  };

  chunk* first_ = nullptr;
  chunk* last_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t dropped_ = 0;  // of the first chunk
};

/// One thread.
class posting_pool {
 public:
  void append(posting_list& to, posting added);
  /// The first `count` of them go.
  void drop(posting_list& from, std::size_t count);
  void clear(posting_list& all) { drop(all, all.count_); }

 private:
  using chunk = posting_list::chunk;
  chunk* take();
  void give(chunk* first, chunk* last, std::size_t count);

  std::vector<pooled_bytes> blocks_;
  chunk* free_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace millrace
