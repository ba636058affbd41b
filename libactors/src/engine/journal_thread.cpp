#include "engine/journal_thread.hpp"

#include "base/limits.hpp"

namespace millrace {
namespace {

constexpr std::size_t commits_between_maintenance = 16;

}  // namespace

void journal_thread::start(journal& driven) {
  thread_ = std::thread{[this, &driven] { run(driven); }};
}

void journal_thread::wake() {
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

bool journal_thread::wait(std::optional<std::chrono::milliseconds> limit) {
  std::unique_lock lock{mutex_};
  const auto is_woken = [&] { return woken_; };
  if (limit) {
    changed_.wait_for(lock, *limit, is_woken);
  } else {
    changed_.wait(lock, is_woken);
  }
  return std::exchange(woken_, false);
}

void journal_thread::run(journal& driven) {
  std::size_t busy = 0;
  for (;;) {
    const auto outcome = driven.work();
    bool stopping = false;
    {
      std::scoped_lock lock{mutex_};
      stopping = stopping_;
    }
    switch (outcome) {
      case journal::worked::more:
        // Under steady load there is no idle moment, and the WAL has to be kept small all the same.
        if (++busy % commits_between_maintenance == 0) driven.maintain();
        break;
      case journal::worked::idle:
        if (stopping) return;
        if (!driven.maintain()) wait(std::nullopt);
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
