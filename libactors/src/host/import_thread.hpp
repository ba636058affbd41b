/// Reads and parses an import beside the journal that commits it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "exchange/reader.hpp"
#include "host/import_source.hpp"

namespace millrace {

struct import_thread_options {
  exchange::reading from;
  exchange::reading_rules rules;
  bool follow = false;
};

/// A thread of its own, and a bounded queue of what it read. Made, asked and ended by one other
/// thread.
class import_thread {
 public:
  import_thread(import_source& from, import_thread_options options);
  ~import_thread();
  import_thread(const import_thread&) = delete;
  import_thread& operator=(const import_thread&) = delete;

  /// The next part. None: there is none within `limit`, or at_end().
  [[nodiscard]] std::unique_ptr<exchange::part> take(std::chrono::milliseconds limit);
  /// Everything was taken, and nothing more comes.
  [[nodiscard]] bool at_end() const;
  /// Why reading failed; after at_end().
  [[nodiscard]] std::optional<error> failure() const;
  /// It ends soon; what is read already can still be taken.
  void end() { ending_ = true; }

 private:
  void run();
  result<void> read_all();
  void push(exchange::reader::hurry hurry);
  [[nodiscard]] bool waits_for_more(const import_source::piece& got) const;

  import_source& source_;
  import_thread_options options_;
  exchange::reader reader_;
  std::atomic<bool> ending_{false};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::unique_ptr<exchange::part>> parts_;
  std::size_t held_ = 0;  // bytes of parts_
  bool ended_ = false;
  std::optional<error> failure_;

  std::thread thread_;
};

}  // namespace millrace
