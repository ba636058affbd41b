#include "engine/meter.hpp"

#include <algorithm>
#include <chrono>

namespace millrace {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::uint64_t low = 0xffff'ffff;

std::int64_t second_of(timestamp at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

}  // namespace

void flow_meter::add(std::uint64_t handled, flush_cause why, timestamp now) {
  if (handled == 0) return;
  handled_.fetch_add(handled, relaxed);
  sizes_.add(handled);
  causes_[static_cast<std::size_t>(why)].fetch_add(1, relaxed);
  const auto second = static_cast<std::uint64_t>(second_of(now)) & low;
  auto& slot = seconds_[second % slots];
  auto seen = slot.load(relaxed);
  std::uint64_t next = 0;
  do {
    const auto before = seen >> 32 == second ? seen & low : 0;
    next = second << 32 | std::min(before + handled, low);
  } while (!slot.compare_exchange_weak(seen, next, relaxed));
}

flow_activity flow_meter::look(timestamp now) const {
  flow_activity made;
  made.handled = handled_.load(relaxed);
  made.sizes = sizes_.look();
  const auto caused = [&](flush_cause why) {
    return causes_[static_cast<std::size_t>(why)].load(relaxed);
  };
  made.causes = {.full = caused(flush_cause::full),
                 .aged = caused(flush_cause::aged),
                 .dry = caused(flush_cause::dry),
                 .reading = caused(flush_cause::reading)};
  std::uint64_t recent = 0;
  for (std::int64_t back = 0; back < window_seconds; ++back) {
    const auto second = static_cast<std::uint64_t>(second_of(now) - back) & low;
    const auto seen = seconds_[second % slots].load(relaxed);
    if (seen >> 32 == second) recent += seen & low;
  }
  const std::chrono::duration<double> since = now - begun_;
  const double window = std::clamp(since.count(), 1.0, static_cast<double>(window_seconds));
  made.rate = static_cast<double>(recent) / window;
  return made;
}

}  // namespace millrace
