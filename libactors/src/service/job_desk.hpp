/// Work that takes longer than a call may: begun by one call, watched by others.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "documents/event.hpp"

namespace millrace::service {

/// What a job tells while it is worked on. Any thread.
class job_teller {
 public:
  void tell(std::uint64_t done, std::uint64_t total) {
    done_ = done;
    total_ = total;
  }
  /// The first limits::job_findings_max are kept.
  void find(const std::string& subject, const std::string& what);
  /// It should end: the service does.
  [[nodiscard]] bool ends() const { return ends_; }

 private:
  friend class job_desk;
  std::atomic<std::uint64_t> done_ = 0, total_ = 0;
  std::atomic<bool> ends_ = false;
  std::mutex guard_;
  std::uint64_t found_ = 0;
  std::vector<std::pair<std::string, std::string>> findings_;
};

/// One job at a time, on a thread of its own; the last ones that ended are remembered. Any thread;
/// whoever made it calls stop().
class job_desk {
 public:
  using work = std::function<result<documents::json>(job_teller& tells)>;
  job_desk() = default;
  job_desk(const job_desk&) = delete;
  job_desk& operator=(const job_desk&) = delete;
  ~job_desk() { stop(); }

  /// Its number. `time` outlives this. Errors: conflict (a job is under way), closed.
  result<std::uint64_t> start(std::string does, const clock& time, work what);

  /// How it stands, with findings after the first `after`, so many at most. None: not known here.
  [[nodiscard]] std::optional<documents::json> show(std::uint64_t number, std::uint64_t after,
                                                    std::size_t most) const;
  /// All that are known, without findings, the newest first.
  [[nodiscard]] std::vector<documents::json> list() const;
  /// Ends what is under way.
  void stop();

 private:
  struct job;
  [[nodiscard]] static documents::json standing_of(job& of);
  static void run(job& of, const work& what);

  mutable std::mutex guard_;
  std::deque<std::shared_ptr<job>> all_;  // the newest last
  std::uint64_t last_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // of the newest
};

}  // namespace millrace::service
