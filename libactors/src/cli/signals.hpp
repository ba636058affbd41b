/// SIGINT and SIGTERM as something to wait for.
#pragma once

#include <chrono>

namespace millrace::cli {

/// While one lives, the first SIGINT or SIGTERM is a wish to end in order; the second one ends the
/// process at once with 128 + its number, as the shell expects. At most one at a time, made before
/// other threads are.
class interrupts {
 public:
  interrupts();
  ~interrupts();
  interrupts(const interrupts&) = delete;
  interrupts& operator=(const interrupts&) = delete;

  /// True as soon as a signal has arrived, also before the call; false after `limit`. Also true
  /// when `reader_of` is a pipe that nobody reads any more.
  [[nodiscard]] bool wait(std::chrono::milliseconds limit, int reader_of = -1) const;
  [[nodiscard]] bool arrived() const;
  /// Can be read once a signal has arrived, and from then on.
  [[nodiscard]] int descriptor() const;
};

/// Writing to a closed pipe fails from here on instead of ending the process.
void ignore_broken_pipes();

}  // namespace millrace::cli
