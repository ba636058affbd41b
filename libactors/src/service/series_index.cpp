#include "service/series_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/service_limits.hpp"

namespace millrace::service {

series_index::series_index(const store& from, std::filesystem::path file)
    : from_(from), file_(std::move(file)) {
  load();
}

/// The last block may have been begun and not filled: it is read again.
void series_index::load() {
  auto all = file_.read();
  if (!is_of_this_timeline(all)) all.clear();
  if (!all.empty()) {
    end_ = all.back().begin;
    newest_ = all.back().before;
    all.pop_back();
  }
  file_.cut(all.size());
  saved_ = all.size();
  blocks_ = std::move(all);
}

/// The last whole block is compared: a file that came with another store does not fit.
bool series_index::is_of_this_timeline(const std::vector<series_block>& all) const {
  if (all.size() < 2) return all.empty() || all.front().begin < from_.tail();
  const auto& one = all[all.size() - 2];
  const auto& next = all.back();
  if (next.begin >= from_.tail()) return false;
  std::size_t count = 0;
  auto newest = one.before;
  bool begins = false;
  auto read = from_.scan(one.begin, next.begin.next(), [&](const event_row& row) {
    if (count == 0) begins = row.at == one.begin;
    if (row.at == next.begin) return false;
    ++count;
    newest = std::max(newest, std::optional{row.time});
    return true;
  });
  return read && begins && count == limits::series_block_events && newest == next.before;
}

/// Under the guard.
void series_index::add(position at, timestamp time) {
  if (in_block_ == 0) blocks_.push_back({at, newest_});
  in_block_ = (in_block_ + 1) % limits::series_block_events;
  newest_ = std::max(newest_, std::optional{time});
  end_ = at.next();
}

std::optional<timestamp> series_index::newest() const {
  const std::lock_guard locked{guard_};
  return newest_;
}

position series_index::end() const {
  const std::lock_guard locked{guard_};
  return end_;
}

std::uint64_t series_index::rows_read() const {
  const std::lock_guard locked{guard_};
  return rows_read_;
}

result<void> series_index::catch_up(duration limit) {
  const std::lock_guard locked{guard_};
  const auto late = std::chrono::steady_clock::now() + limit;
  const auto tail = from_.tail();
  if (end_ >= tail) return {};
  bool in_time = true;
  auto read = from_.scan(end_, tail, [&](const event_row& row) {
    if (in_block_ == 0) in_time = std::chrono::steady_clock::now() < late;
    add(row.at, row.time);
    ++rows_read_;
    return in_time;
  });
  if (!read) return read;
  if (in_time) {
    end_ = tail;  // what is before it and no event is a hole
    return {};
  }
  return error{errc::overloaded, fmt::format("the times of {} of {} events are read; ask again",
                                             end_.value, tail.value)};
}

void series_index::note(const commit_batch& written) {
  if (written.events.empty()) return;
  const auto before = told_.load();
  if (before != no_position) told_ = std::max(before, written.events.back().at.next().value);
  const std::unique_lock locked{guard_, std::try_to_lock};
  if (!locked.owns_lock()) return;
  // Something before it is missing: the thread reads that later, and this.
  if (end_ != written.events.front().at && end_.value < before) return;
  for (const auto& each : written.events) {
    if (each.at >= end_) add(each.at, each.time);
  }
}

result<series_index::place> series_index::find(timestamp time) const {
  series_block from;
  place found;
  {
    const std::lock_guard locked{guard_};
    const auto after = std::partition_point(
        blocks_.begin(), blocks_.end(),
        [&](const series_block& one) { return !one.before || *one.before < time; });
    if (after != blocks_.begin()) from = *std::prev(after);
    found = {.at = end_, .time = {}, .before = from.before};
  }
  auto read = from_.scan(from.begin, found.at, [&](const event_row& row) {
    if (row.time >= time) {
      found.at = row.at;
      found.time = row.time;
      return false;
    }
    found.before = std::max(found.before, std::optional{row.time});
    return true;
  });
  if (!read) return read.error();
  return found;
}

void series_index::save() {
  const std::lock_guard one{file_guard_};
  std::vector<series_block> more;
  {
    const std::lock_guard locked{guard_};
    more.assign(blocks_.begin() + static_cast<std::ptrdiff_t>(saved_), blocks_.end());
  }
  if (file_.append(more)) saved_ += more.size();
}

void series_index::keep() {
  thread_ = std::thread{[this] { run(); }};
}

/// In slices, so that a call that waits for the index gets its turn.
void series_index::run() {
  std::unique_lock locked{thread_guard_};
  while (!stopping_) {
    locked.unlock();
    const auto done = catch_up(limits::series_slice);
    save();
    const bool goes_on = !done && done.error().code == errc::overloaded;
    locked.lock();
    wake_.wait_for(locked, goes_on ? limits::series_slice : limits::series_save_interval,
                   [&] { return stopping_; });
  }
}

void series_index::stop() {
  {
    const std::lock_guard locked{thread_guard_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace millrace::service
