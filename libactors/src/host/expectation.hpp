/// What a store must hold, gathered from its timeline by several threads.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/limits.hpp"
#include "host/pass_estimate.hpp"
#include "routing/inbox_builder.hpp"
#include "routing/merged_inbox.hpp"
#include "store/store.hpp"

namespace millrace {

/// How much a rebuild may use.
struct rebuild_limits {
  std::size_t threads = 0;  ///< 0: as many as there are cores
  std::size_t memory = limits::rebuild_memory_max;
  /// Asked now and then, by any thread: true ends the work, with `closed`. May be empty.
  std::function<bool()> ends = {};

  [[nodiscard]] result<void> may_go_on() const {
    if (!ends || !ends()) return {};
    return error{errc::closed, "it was ended before it was done"};
  }
};

/// One pass over the timeline: the inboxes and the cause index of all flows and spans whose hash is
/// in `covers`. As much as the memory holds; the next pass begins after it. Read by any thread once
/// it is gathered.
class expectation {
 public:
  /// Gathers what is in [first, UINT64_MAX], or less. Returns when all threads have ended. Told is
  /// the caller's thread, now and then. Errors: those of the store.
  static result<expectation> gather(const store& from, const routing_plan& plan,
                                    std::uint64_t first, const rebuild_limits& may_use,
                                    const gathering_teller& tell);

  [[nodiscard]] const hash_range& covers() const { return covers_; }
  [[nodiscard]] std::uint64_t events() const;
  [[nodiscard]] std::vector<inbox_builder::failure> failures() const;

  /// How many flows are to be asked for by number; some numbers stand for none.
  [[nodiscard]] std::size_t flows_end() const;
  /// Null: the number stands for none. Each flow has one number.
  [[nodiscard]] const gathered_flow* flow_at(std::size_t number) const;
  /// All postings that were gathered for the flow, as its scope counts them.
  [[nodiscard]] merged_inbox inbox(const gathered_flow& flow) const;

  /// What is on the schedule after all these events, ascending; of all flows.
  [[nodiscard]] std::vector<position> timers() const;

  [[nodiscard]] std::vector<std::uint64_t> spans() const;  ///< ascending
  [[nodiscard]] std::vector<effect> effects(std::uint64_t span) const;

 private:
  std::vector<std::unique_ptr<inbox_builder>> builders_;  // in order of what they gathered
  hash_range covers_;
};

/// Calls `work(n)` for n from 0 to `count`, on that many threads, one of them the caller's.
void on_threads(std::size_t count, const std::function<void(std::size_t)>& work);
[[nodiscard]] std::size_t threads_of(const rebuild_limits& may_use);

}  // namespace millrace
