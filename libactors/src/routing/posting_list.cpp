#include "routing/posting_list.hpp"

#include <new>
#include <utility>

#include "base/invariant.hpp"
#include "base/limits.hpp"

namespace millrace {

void posting_pool::append(posting_list& to, posting added) {
  const auto place = (to.dropped_ + to.count_) % chunk::room;
  if (place == 0) {
    auto* const made = take();
    (to.count_ == 0 ? to.first_ : to.last_->next) = made;
    to.last_ = made;
  }
  to.last_->coded[place] = added.at.value * 2 + (added.starts ? 1 : 0);
  ++to.count_;
}

void posting_pool::drop(posting_list& from, std::size_t count) {
  MILLRACE_INVARIANT(count <= from.count_);
  if (count == 0) return;
  from.count_ -= static_cast<std::uint32_t>(count);
  auto left = from.dropped_ + count;
  if (from.count_ == 0) {
    give(from.first_, from.last_, (left + chunk::room - 1) / chunk::room);
    from = {};
    return;
  }
  for (; left >= chunk::room; left -= chunk::room) {
    auto* const done = std::exchange(from.first_, from.first_->next);
    give(done, done, 1);
  }
  from.dropped_ = static_cast<std::uint32_t>(left);
}

posting_list::chunk* posting_pool::take() {
  if (free_ == nullptr) {
    blocks_.push_back(take_from_pool(limits::block_size));
    static_assert(limits::block_size % sizeof(chunk) == 0);
    for (auto i = limits::block_size; i > 0; i -= sizeof(chunk)) {
      free_ = new (blocks_.back().get() + i - sizeof(chunk)) chunk{free_, {}};
    }
  }
  ++used_;
  auto* const taken = free_;
  free_ = taken->next;
  return taken;
}

/// A whole chain of them.
void posting_pool::give(chunk* first, chunk* last, std::size_t count) {
  last->next = free_;
  free_ = first;
  used_ -= count;
  // At the tail lists come and go all the time, and need no more than one block.
  if (used_ == 0 && blocks_.size() > 1) {
    free_ = nullptr;
    blocks_.clear();
  }
}

}  // namespace millrace
