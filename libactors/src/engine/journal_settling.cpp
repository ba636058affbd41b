// How what was written is flushed, and who is told of it.
#include <algorithm>
#include <utility>
#include <variant>

#include "engine/journal.hpp"

namespace millrace {
namespace {

/// One that is written, one that is flushed, and one that waits for it.
constexpr std::size_t commits_kept_max = 3;

}  // namespace

void journal::settle() {
  std::scoped_lock one_at_a_time{settling_};
  {
    std::scoped_lock lock{mutex_};
    settled_.swap(written_);
  }
  duration flush{0};
  const auto waits = [](const auto& each) { return each.made->batch().needs_flush; };
  if (!lost_ && std::any_of(settled_.begin(), settled_.end(), waits)) {
    const auto begun = clock_.steady();
    if (auto flushed = store_.flush(); !flushed) {
      lost_ = flushed.error();
      fail(*lost_, {});
    }
    flush = clock_.steady() - begun;
  }
  for (auto& each : settled_) {
    if (lost_) {
      refuse(each.requests, *lost_);
    } else {
      tail_.store(each.made->end().value, std::memory_order_release);
      tell(each, waits(each) ? flush : duration{0});
      publish(each);
      acknowledge(each);
    }
    clear(each);
    std::scoped_lock lock{mutex_};
    --under_way_;
    if (spare_.size() < commits_kept_max) spare_.push_back(std::move(each));
  }
  settled_.clear();
}

/// Who appends mostly waits for his oldest one. Told last, he finds all the others answered, and is
/// woken once and not for each of them.
void journal::acknowledge(commit_under_way& done) {
  for (std::size_t i = 0; i < done.requests.size(); ++i) {
    if (!done.requests[i].other) continue;
    std::visit(
        [&](auto& request) {
          if (request.done) request.done(std::move(std::get<result<void>>(done.answers[i])));
        },
        *done.requests[i].other);
  }
  using placed = result<std::vector<position>>;
  for (auto i = done.requests.size(); i > 0; --i) {
    auto& one = done.requests[i - 1];
    if (one.append.done) one.append.done(std::move(std::get<placed>(done.answers[i - 1])));
  }
}

void journal::tell(const commit_under_way& done, duration flush) {
  const auto& written = done.made->batch();
  if (!tell_.on_written || written.empty()) return;
  tell_.on_written(written, {.whole = done.wrote + flush, .flush = flush});
}

/// In order of commits.
void journal::publish(commit_under_way& done) {
  if (done.made->batch().empty()) return;
  counts_.events += done.made->batch().events.size();
  const bool has_room = feed_size_ + done.made->size() <= limits::feed_size_max;
  auto change = done.made->take_committed(has_room);
  if (change->end == change->begin && change->unscheduled.empty() && change->scheduled.empty())
    return;
  feed_size_ += change->size;
  tell_.on_committed(std::move(change));
}

}  // namespace millrace
