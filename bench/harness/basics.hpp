/// What every benchmark needs first: to fail loudly, to time, to have a place of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "millrace/result.hpp"

namespace millrace::bench {

/// Ends the program with `what` unless it holds: a benchmark that went wrong has no figures.
void need(bool holds, const std::string& what);

template <class T>
T got(result<T> from) {
  need(from.has_value(), from ? std::string{} : from.error().message);
  return std::move(*from);
}
inline void got(const result<void>& from) {
  need(from.has_value(), from ? std::string{} : from.error().message);
}

/// How long the call took.
template <class Work>
double seconds_of(Work&& work) {
  const auto begun = std::chrono::steady_clock::now();
  std::forward<Work>(work)();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

/// Until `work(0)` and `work(1)`, each on a thread of its own, are both done.
double seconds_of_two_at_once(const std::function<void(int)>& work);

/// A directory below TMPDIR that goes with this object.
class temporary_directory {
 public:
  temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Of this process, in bytes, as /proc/self/status has it; what malloc holds for later is given
/// back first.
[[nodiscard]] std::uint64_t resident_memory();
/// The largest it ever was since the last call of forget_peak().
[[nodiscard]] std::uint64_t peak_memory();
void forget_peak();

/// Everything written so far is on the disk, so that no measurement pays for the one before.
void settle_disk();

}  // namespace millrace::bench
