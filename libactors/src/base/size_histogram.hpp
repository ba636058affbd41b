/// How many batches there were of each size, in a histogram of Boost's.
#pragma once

#include <atomic>
#include <cstdint>

#include "millrace/statistics.hpp"

namespace millrace {

/// Sizes are known exactly up to 11, and above to a tenth. Sixteen bytes while all batches were of
/// one event, some 250 more from then on. Any thread adds and looks.
class size_histogram {
 public:
  size_histogram() = default;
  ~size_histogram();
  size_histogram(const size_histogram&) = delete;
  size_histogram& operator=(const size_histogram&) = delete;

  /// A batch; of 0 events: none.
  void add(std::uint64_t size);
  void add(const size_histogram& other);
  [[nodiscard]] batch_sizes look() const;

 private:
  struct bins;
  [[nodiscard]] bins& larger();

  std::atomic<std::uint64_t> ones_{0};
  std::atomic<bins*> larger_{nullptr};  // made by the first batch that needs it
};

}  // namespace millrace
