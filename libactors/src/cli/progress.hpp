/// The progress bar of long work.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace millrace::cli {

/// What a bar shows after so many of so many events; `total` 0: not known, then no bar and no time
/// left. At most `width` columns.
struct progress_state {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::chrono::duration<double> elapsed{0};
};
[[nodiscard]] std::string progress_line(const std::string& what, const progress_state& state,
                                        std::size_t width);

/// Draws the bar on stderr while work is under way and wipes it at the end; does nothing when that
/// is no terminal. One thread. Cheap to tell often: it draws ten times a second.
class progress {
 public:
  progress(std::string what, bool visible, std::size_t width);
  ~progress() { wipe(); }
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  void tell(std::uint64_t done, std::uint64_t total);
  void wipe();  ///< before anything else is written to the terminal
  [[nodiscard]] std::chrono::duration<double> elapsed() const;

 private:
  using clock = std::chrono::steady_clock;
  std::string what_;
  bool visible_;
  std::size_t width_;
  bool drawn_ = false;
  clock::time_point begin_ = clock::now();
  clock::time_point last_ = begin_;
};

}  // namespace millrace::cli
