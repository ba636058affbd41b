/// Postings that wait to be written, of many flows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "base/block_pool.hpp"
#include "millrace/event.hpp"
#include "store/posting.hpp"

namespace millrace {

/// An event of a window, for one flow.
class routed_entry {
 public:
  routed_entry() = default;
  routed_entry(std::uint32_t index, bool starts) : coded_(2 * index + (starts ? 1 : 0)) {}
  /// Into window::events().
  [[nodiscard]] std::uint32_t index() const { return coded_ / 2; }
  [[nodiscard]] bool starts() const { return coded_ % 2 == 1; }

 private:
  std::uint32_t coded_ = 0;
};

using entry_list = std::vector<routed_entry, pooled_allocator<routed_entry>>;
/// Those of one window, in order for each flow. Whoever reads them shares them.
using routed_entries = std::shared_ptr<const entry_list>;

/// What one window added, for all flows.
struct posted_window {
  /// A run of the entries, of one flow.
  struct slice {
    const posted_window* of = nullptr;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    const slice* next = nullptr;  ///< of the same flow, in a later window
  };

  routed_entries entries;
  position begin;  ///< of its first event
  /// Of each entry, when the window has gaps; else empty.
  std::vector<position, pooled_allocator<position>> positions;
  std::vector<slice, pooled_allocator<slice>> slices;

  [[nodiscard]] posting at(std::uint32_t entry) const {
    const auto& one = (*entries)[entry];
    if (!positions.empty()) return {positions[entry], one.starts()};
    return {position{begin.value + one.index()}, one.starts()};
  }
};

/// Of one flow, in order. Part of unwritten_postings, which outlives what is read of it.
class posting_list {
 public:
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  /// Calls `visit` with each, in order, until it returns false.
  template <class Visit>
  void each(Visit visit) const {
    for (const auto* part = first_; part != nullptr; part = part->next) {
      if (part->next != nullptr) __builtin_prefetch(part->next);
      for (std::uint32_t i = 0; i < part->count; ++i) {
        if (!visit(part->of->at(part->first + i))) return;
      }
    }
  }
  /// Before more is added; before they are read, one after the other.
  void fetch() const { __builtin_prefetch(this); }
  void fetch_slice() const { __builtin_prefetch(first_); }
  void fetch_entries() const {
    if (first_ != nullptr) __builtin_prefetch(first_->of->entries->data() + first_->first);
  }

 private:
  friend class unwritten_postings;
  using slice = posted_window::slice;

  const slice* first_ = nullptr;
  slice* last_ = nullptr;
  std::uint32_t count_ = 0;
};

/// Nothing is copied, or noted, posting by posting: they are where the window's deliveries are. All
/// of them are taken at once and written, and go at once when that is done. One thread.
class unwritten_postings {
 public:
  /// A window, whose flows come next: as many as `flows`. `events` are those of the window.
  void begin_window(std::span<const event> events, routed_entries entries, std::size_t flows);
  void add(posting_list& to, std::uint32_t first, std::uint32_t count);
  /// Of all flows.
  [[nodiscard]] std::size_t size() const { return size_; }
  void clear(posting_list& all);

  /// Up to where a list was taken.
  struct mark {
    const posted_window::slice* last = nullptr;
    std::uint32_t count = 0;
  };
  /// What is there now is taken; one time after another.
  void take() { taken_ = windows_.size(); }
  [[nodiscard]] static mark taken(const posting_list& of) { return {of.last_, of.count_}; }
  /// What was taken is written: goes from each list, and then from memory.
  void drop(posting_list& from, const mark& taken);
  void drop_taken();

 private:
  std::deque<posted_window> windows_;  // oldest first
  std::size_t taken_ = 0;              // of them
  std::size_t size_ = 0;
};

}  // namespace millrace
