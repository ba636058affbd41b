#include "engine/journal_threads.hpp"

#include <pthread.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/limits.hpp"

namespace millrace {
namespace {

constexpr std::size_t commits_between_maintenance = 16;
constexpr auto looks_for = std::chrono::microseconds{50};
constexpr auto gathers_for = std::chrono::microseconds{100};
constexpr std::size_t gathers_after = 5;    // commits without a pause
constexpr std::size_t gathers_below = 64;   // that many are worth a flush of their own
constexpr std::size_t crowd = 256;          // and that many are worth another thread
constexpr std::size_t handed_over_max = 2;  // commits

std::thread named(const char* name, std::function<void()> work) {
  return std::thread{[name, work = std::move(work)] {
    ::pthread_setname_np(::pthread_self(), name);
    work();
  }};
}

}  // namespace

void journal_threads::start() {
  flushing_ = named("flusher", [this] { flush_all(); });
  writing_ = named("journal", [this] { write_all(); });
}

void journal_threads::wake() {
  auto& flag = driven_.waiting() < crowd ? woken_ : crowded_;
  // Who takes this back looks at the queue afterwards, and finds what was put there before.
  if (flag) return;
  {
    std::scoped_lock lock{mutex_};
    if (flag) return;
    flag = true;
    woken_ = true;
    if (looking_ || !may_write()) return;  // it will see it
  }
  writer_.notify_one();
}

void journal_threads::stop() {
  {
    std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  writer_.notify_one();
  if (writing_.joinable()) writing_.join();
  {
    std::scoped_lock lock{mutex_};
    ended_ = true;
  }
  flusher_.notify_one();
  if (flushing_.joinable()) flushing_.join();
}

bool journal_threads::may_write() const {
  return stopping_ || crowded_ || (woken_ && handed_over_ == 0);
}

bool journal_threads::await(std::optional<std::chrono::milliseconds> limit) {
  std::unique_lock lock{mutex_};
  const auto may = [this] { return may_write(); };
  if (limit) {
    writer_.wait_for(lock, *limit, may);
  } else {
    writer_.wait(lock, may);
  }
  woken_ = crowded_ = false;
  return stopping_;
}

/// Handing over to a thread that sleeps takes twice as long as to one that looks, so it looks for a
/// moment first: who has just committed is often asked again at once.
void journal_threads::look_around() {
  {
    std::scoped_lock lock{mutex_};
    looking_ = true;
  }
  const auto until = std::chrono::steady_clock::now() + looks_for;
  while (!woken_ && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  std::scoped_lock lock{mutex_};
  looking_ = false;
}

/// What was committed leads to more at once: to a topic's answers, to the next append of whoever
/// waited. A commit that begins without them makes them wait for its flush and for the next one.
void journal_threads::rest(moment begun) const {
  const auto took = std::chrono::steady_clock::now() - begun;
  if (took < gathers_for || driven_.waiting() >= gathers_below) return;
  std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(gathers_for, took / 3));
}

bool journal_threads::settle_or_hand_over() {
  {
    std::scoped_lock lock{mutex_};
    const bool is_worth_it = driven_.waiting() >= crowd || handed_over_ > 0;
    if (is_worth_it && handed_over_ < handed_over_max) {
      ++handed_over_;
      flusher_.notify_one();
      return true;
    }
  }
  driven_.settle();
  return false;
}

void journal_threads::write_all() {
  std::size_t busy = 0;  // commits without a pause
  std::optional<std::chrono::milliseconds> until_next;
  for (;;) {
    const bool stopping = await(until_next);
    until_next.reset();
    const auto begun = std::chrono::steady_clock::now();
    const auto outcome = driven_.write();
    const bool handed_over = settle_or_hand_over();
    const bool more = outcome == journal::worked::more;
    if (stopping && !more) return;
    bool again = more || handed_over;  // after what was handed over, too: to keep house
    busy = again ? busy + 1 : 0;
    if (outcome == journal::worked::disk_full) {
      until_next = limits::full_disk_retry;
    } else if (busy == 0) {
      again = driven_.maintain();
    } else if (busy % commits_between_maintenance == 0) {
      // Under steady load there is no idle moment, and the WAL has to be kept small all the same.
      driven_.maintain();
    } else if (busy > gathers_after && !handed_over) {
      rest(begun);
    }
    if (again) {
      std::scoped_lock lock{mutex_};
      (driven_.waiting() < crowd ? woken_ : crowded_) = true;
    } else if (busy == 0) {
      look_around();
    }
  }
}

void journal_threads::flush_all() {
  std::unique_lock lock{mutex_};
  for (;;) {
    flusher_.wait(lock, [this] { return ended_ || handed_over_ > 0; });
    if (handed_over_ == 0) return;
    const auto taken = handed_over_;
    lock.unlock();
    driven_.settle();
    lock.lock();
    handed_over_ -= taken;
    if (may_write()) writer_.notify_one();
  }
}

}  // namespace millrace
