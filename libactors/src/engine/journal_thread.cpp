#include "engine/journal_thread.hpp"

#include <pthread.h>

#include <algorithm>

#include "base/limits.hpp"

namespace millrace {
namespace {

constexpr std::size_t commits_between_maintenance = 16;
constexpr auto looks_for = std::chrono::microseconds{50};
constexpr auto gathers_for = std::chrono::microseconds{100};
constexpr std::size_t gathers_after = 5;   // commits without a pause
constexpr std::size_t gathers_below = 64;  // that many are worth a flush of their own

/// What was committed leads to more at once: to a topic's answers, to the next append of whoever
/// waited. A commit that begins without them makes them wait for its flush and for the next one.
void gather(const journal& driven, std::chrono::steady_clock::duration last_took) {
  if (last_took < gathers_for || driven.waiting() >= gathers_below) return;
  std::this_thread::sleep_for(
      std::min<std::chrono::steady_clock::duration>(gathers_for, last_took / 3));
}

}  // namespace

void journal_thread::start(journal& driven) {
  thread_ = std::thread{[this, &driven] {
    ::pthread_setname_np(::pthread_self(), "journal");
    run(driven);
  }};
}

void journal_thread::wake() {
  // Whoever takes this back looks at the queue afterwards, and finds what was put there before.
  if (woken_) return;
  {
    std::scoped_lock lock{mutex_};
    if (woken_) return;
    woken_ = true;
  }
  changed_.notify_one();
}

void journal_thread::stop() {
  {
    std::scoped_lock lock{mutex_};
    stopping_ = true;
    woken_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

/// Handing over to a thread that sleeps takes twice as long as to one that looks, so it looks for a
/// moment first: who has just committed is often asked again at once.
bool journal_thread::look_around() {
  const auto until = std::chrono::steady_clock::now() + looks_for;
  while (!woken_ && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  std::scoped_lock lock{mutex_};
  return woken_.exchange(false);
}

bool journal_thread::wait(std::optional<std::chrono::milliseconds> limit) {
  std::unique_lock lock{mutex_};
  const auto is_woken = [&] { return woken_.load(); };
  if (limit) {
    changed_.wait_for(lock, *limit, is_woken);
  } else {
    changed_.wait(lock, is_woken);
  }
  return woken_.exchange(false);
}

void journal_thread::run(journal& driven) {
  std::size_t busy = 0;  // commits without a pause
  for (;;) {
    const auto begun = std::chrono::steady_clock::now();
    const auto outcome = driven.work();
    bool stopping = false;
    {
      std::scoped_lock lock{mutex_};
      stopping = stopping_;
    }
    switch (outcome) {
      case journal::worked::more:
        // Under steady load there is no idle moment, and the WAL has to be kept small all the same.
        if (++busy % commits_between_maintenance == 0) {
          driven.maintain();
        } else if (busy > gathers_after) {
          gather(driven, std::chrono::steady_clock::now() - begun);
        }
        break;
      case journal::worked::idle:
        if (stopping) return;
        busy = 0;
        if (!driven.maintain() && !look_around()) wait(std::nullopt);
        break;
      case journal::worked::disk_full:
        if (stopping) return;
        wait(limits::full_disk_retry);
        break;
      case journal::worked::failed:
        if (stopping) return;
        wait(std::nullopt);
        break;
    }
  }
}

}  // namespace millrace
