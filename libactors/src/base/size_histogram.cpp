#include "base/size_histogram.hpp"

// Of Boost.Histogram, in the build with sanitizers: a walk over cells, as that inlines it.
#pragma GCC diagnostic ignored "-Wuninitialized"

#include <algorithm>
#include <boost/histogram/axis/regular.hpp>
#include <boost/histogram/histogram.hpp>
#include <boost/histogram/indexed.hpp>
#include <boost/histogram/unlimited_storage.hpp>
#include <cmath>
#include <memory>
#include <mutex>
#include <tuple>

namespace millrace {
namespace {

namespace histogram = boost::histogram;
using axis =
    histogram::axis::regular<double, histogram::axis::transform::log, histogram::axis::null_type,
                             histogram::axis::option::overflow_t>;
// Counts of a byte, wider only where there are more.
using counts = histogram::histogram<std::tuple<axis>, histogram::unlimited_storage<>>;

constexpr double step = 1.1;          // from one bin to the next
constexpr unsigned bins_count = 132;  // up to more than limits::inbox_events_max

counts no_counts() { return counts{axis{bins_count, 1.0, std::pow(step, bins_count)}}; }

/// The largest size that lies in a bin which ends there.
std::uint64_t largest_below(double end) {
  return static_cast<std::uint64_t>(std::ceil(std::min(end, std::pow(step, bins_count)))) - 1;
}

}  // namespace

struct size_histogram::bins {
  std::mutex guard;
  counts of = no_counts();
};

size_histogram::~size_histogram() { delete larger_.load(); }

size_histogram::bins& size_histogram::larger() {
  auto* there = larger_.load(std::memory_order_acquire);
  if (there != nullptr) return *there;
  auto made = std::make_unique<bins>();
  if (!larger_.compare_exchange_strong(there, made.get(), std::memory_order_acq_rel)) return *there;
  return *made.release();
}

void size_histogram::add(std::uint64_t size) {
  if (size == 0) return;
  if (size == 1) {
    ones_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  auto& to = larger();
  const std::lock_guard locked{to.guard};
  to.of(static_cast<double>(size));
}

void size_histogram::add(const size_histogram& other) {
  ones_.fetch_add(other.ones_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  auto* from = other.larger_.load(std::memory_order_acquire);
  if (from == nullptr || this == &other) return;
  auto& to = larger();
  const std::scoped_lock locked{to.guard, from->guard};
  to.of += from->of;
}

batch_sizes size_histogram::look() const {
  const auto ones = ones_.load(std::memory_order_relaxed);
  auto* from = larger_.load(std::memory_order_acquire);
  if (from == nullptr) return {.count = ones, .p50 = ones > 0, .p95 = ones > 0, .p99 = ones > 0};
  const auto seen = [&] {
    const std::lock_guard locked{from->guard};
    return from->of;
  }();
  batch_sizes made{.count = ones};
  for (const auto& bin : histogram::indexed(seen, histogram::coverage::all)) {
    made.count += static_cast<std::uint64_t>(*bin);
  }
  auto passed = ones;
  const auto take = [&](std::uint64_t largest) {
    const auto reach = [&](std::uint64_t& which, std::uint64_t percent) {
      if (which == 0 && passed > 0 && passed * 100 >= made.count * percent) which = largest;
    };
    reach(made.p50, 50);
    reach(made.p95, 95);
    reach(made.p99, 99);
  };
  take(1);
  for (const auto& bin : histogram::indexed(seen, histogram::coverage::all)) {
    passed += static_cast<std::uint64_t>(*bin);
    take(largest_below(bin.bin().upper()));
  }
  return made;
}

}  // namespace millrace
