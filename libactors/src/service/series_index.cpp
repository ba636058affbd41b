#include "service/series_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/service_limits.hpp"

namespace millrace::service {

std::optional<timestamp> series_index::newest() const {
  const std::lock_guard locked{guard_};
  return newest_;
}

result<void> series_index::catch_up(duration limit) {
  const std::lock_guard locked{guard_};
  const auto late = std::chrono::steady_clock::now() + limit;
  const auto tail = from_.tail();
  bool in_time = true;
  auto read = from_.scan(end_, tail, [&](const event_row& row) {
    if (in_block_ == 0) {
      blocks_.push_back({row.at, newest_});
      in_time = std::chrono::steady_clock::now() < late;
    }
    in_block_ = (in_block_ + 1) % limits::series_block_events;
    newest_ = std::max(newest_, std::optional{row.time});
    end_ = row.at.next();
    return in_time;
  });
  if (!read) return read;
  if (in_time) return {};
  return error{errc::overloaded, fmt::format("the times of {} of {} events are read; ask again",
                                             end_.value, tail.value)};
}

result<series_index::place> series_index::find(timestamp time) const {
  block from;
  place found;
  {
    const std::lock_guard locked{guard_};
    const auto after = std::partition_point(blocks_.begin(), blocks_.end(), [&](const block& one) {
      return !one.before || *one.before < time;
    });
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

}  // namespace millrace::service
