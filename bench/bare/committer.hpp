/// A commit of one row on another thread: a hand-off there and one back.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <thread>

#include "bare/timeline.hpp"

namespace millrace::bench::bare {

/// One caller at a time.
class committer {
 public:
  explicit committer(const std::filesystem::path& file);
  committer(const committer&) = delete;
  committer& operator=(const committer&) = delete;
  ~committer();
  /// Returns when the row is flushed.
  void append(std::string_view payload);

 private:
  enum class state { idle, wanted, done, ending };
  void work();

  timeline timeline_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  state state_ = state::idle;
  std::string_view payload_;
  std::thread thread_;
};

}  // namespace millrace::bench::bare
