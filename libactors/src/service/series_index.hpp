/// From times to positions. docs/decisions/2026-11-27-series-index-kept.md
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "service/series_file.hpp"
#include "store/store.hpp"

namespace millrace::service {

/// Series time of an event is the latest recorded time up to and with it, so its order is that of
/// positions. Kept in memory: one entry for so many events; read from the timeline once, then told
/// by the commits, and kept in a file for the next start. Any thread.
class series_index {
 public:
  /// `file` empty: nothing is kept.
  explicit series_index(const store& from, std::filesystem::path file = {});
  ~series_index() { stop(); }
  series_index(const series_index&) = delete;
  series_index& operator=(const series_index&) = delete;

  /// The first event whose series time is not before a time.
  struct place {
    position at;                      ///< the end, when there is none
    std::optional<timestamp> time;    ///< its series time; none: there is no such event
    std::optional<timestamp> before;  ///< of the event before it; none: it is the first
  };
  /// Of what was read. Errors: those of the store.
  [[nodiscard]] result<place> find(timestamp time) const;

  /// Reads what came since, for so long at most. Errors: overloaded (there is more: ask again),
  /// those of the store.
  result<void> catch_up(duration limit);
  /// Series time of the last event that was read; none: there is none.
  [[nodiscard]] std::optional<timestamp> newest() const;
  /// How far it has read.
  [[nodiscard]] position end() const;
  /// How many events were read from the store for it.
  [[nodiscard]] std::uint64_t rows_read() const;

  /// Has a thread catch up, and write the file now and then, until stop().
  void keep();
  void stop();
  /// On a thread of the journal. Cheap; what it cannot take at once the thread reads later.
  void note(const commit_batch& written);
  /// From now on every commit is told: positions between two of them are holes.
  void follow() { told_ = from_.tail().value; }
  /// Writes what is new to the file.
  void save();

 private:
  static constexpr std::uint64_t no_position = ~std::uint64_t{0};
  void load();
  [[nodiscard]] bool is_of_this_timeline(const std::vector<series_block>& all) const;
  void add(position at, timestamp time);
  void run();

  const store& from_;
  mutable std::mutex guard_;
  std::vector<series_block> blocks_;
  std::size_t in_block_ = 0;
  position end_;
  std::optional<timestamp> newest_;
  std::uint64_t rows_read_ = 0;
  std::atomic<std::uint64_t> told_ = no_position;  // the end of the last commit; of its thread

  std::mutex file_guard_;
  series_file file_;
  std::size_t saved_ = 0;  // of blocks_

  std::mutex thread_guard_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace::service
