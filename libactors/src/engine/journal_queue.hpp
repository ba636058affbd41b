/// What waits to be committed.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/encoded_append.hpp"
#include "engine/requests.hpp"

namespace millrace {

/// What requests bring a commit to write.
struct journal_amount {
  std::size_t events = 0;
  std::size_t size = 0;  ///< bytes of payloads and states
  std::size_t rows = 0;  ///< of the directory, inboxes and checkpoints

  journal_amount& operator+=(const journal_amount& other);
  journal_amount& operator-=(const journal_amount& other);
  [[nodiscard]] bool fits(const journal_amount& most) const {
    return events <= most.events && size <= most.size && rows <= most.rows;
  }
};

struct queued_request {
  encoded_append append;                   // unless there is an
  std::unique_ptr<journal_request> other;  // so that appends lie close together
  journal_amount amounts;
};

/// Requests in the order in which they came. Its memory is used again, unless it was for a crowd.
/// Whoever shares one locks it.
class journal_queue {
 public:
  using batch = std::vector<queued_request>;

  void push(queued_request one);
  /// Moves to the end of `into` what comes next, as much as `most` allows, but one at least. Gives
  /// what these hold.
  journal_amount take(batch& into, const journal_amount& most);
  /// They come next again, in their order; nothing of them stays in `all`.
  void put_back(batch& all);
  [[nodiscard]] batch take_all();

  [[nodiscard]] bool empty() const { return size() == 0; }
  /// Of requests.
  [[nodiscard]] std::size_t size() const { return all_.size() - begin_; }
  [[nodiscard]] std::size_t events() const { return total_.events; }

 private:
  batch all_;
  std::size_t begin_ = 0;  // what is before it was taken
  journal_amount total_;
};

}  // namespace millrace
