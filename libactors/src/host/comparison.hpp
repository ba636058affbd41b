/// What a store holds of derived data, against what its timeline gives.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/mending.hpp"
#include "host/expectation.hpp"
#include "host/overview.hpp"
#include "host/schedule_comparison.hpp"
#include "host/verify.hpp"
#include "routing/routing_plan.hpp"
#include "store/store.hpp"

namespace millrace {

struct rebuild_counts {
  std::uint64_t events = 0;
  std::uint64_t flows = 0;
  std::uint64_t postings = 0;
  std::uint64_t effects = 0;
  std::uint64_t timers = 0;
  std::uint64_t passes = 0;
  std::uint64_t differences = 0;
  std::uint64_t mended = 0;    ///< inboxes, spans, orphans and timers, replaced, added or removed
  std::uint64_t unmended = 0;  ///< flow types whose inboxes could not be told
};

/// Compares inboxes, directory, cause index and schedule with a fresh routing of the timeline, on
/// all cores, a flow at a time, and says where they differ. Reads only. Works beside a running
/// host: what that routes meanwhile is not looked at. Compared is what the store held as routed
/// when this was made.
///
/// Inboxes of builds that are retired, or whose code is not here, are not compared.
class comparison {
 public:
  /// Takes what is wrong, and what is right in its place, while the comparison goes on; may answer
  /// with an error that ends it.
  using mender = std::function<result<void>(mend_request)>;
  using timer_mender = std::function<result<void>(timer_mends)>;
  struct settings {
    const store& from;
    const routing_plan& plan;
    rebuild_limits may_use = {};
    finding_sink report;
    progress_teller tell = {};  ///< may be empty; of all passes, as if there were one
    mender mend = {};           ///< may be empty: only compared
    timer_mender mend_timers = {};
  };
  explicit comparison(settings with) : with_(std::move(with)) {}

  /// Errors: those of the store, and of the mender. Differences are none.
  result<rebuild_counts> run();

 private:
  /// A flow of the directory whose hash the present pass covers.
  struct entry {
    std::uint64_t hash = 0;
    build_number build = first_build;
    flow_number number{};
    position born;
    std::optional<position> checkpoint;
    bool has_checkpoint = false;
    bool seen = false;
  };
  struct difference {
    std::string subject;
    std::string what;
  };
  /// What one thread found.
  struct found {
    std::vector<difference> differences;
    bool lost_topics = false;  ///< flows among the mends that may have emitted something
    mend_request mends;
    std::uint64_t flows = 0;
    std::uint64_t postings = 0;
    std::uint64_t effects = 0;
    std::optional<error> failure;
  };

  result<expectation> gather(std::uint64_t first);
  result<void> run_pass(const expectation& expected);
  result<void> read_directory(const hash_range& covers);
  void report_failures(const expectation& expected);
  result<void> in_parallel(std::size_t count, const std::function<void(std::size_t, found&)>& work);
  void begin_comparing(std::size_t steps);
  void tell();
  result<void> settle(std::vector<found>& all);
  result<void> hand_over(bool all);
  result<void> find_decisions();

  entry* find_entry(const gathered_flow& flow);
  result<void> compare_flow(const expectation& expected, std::size_t number, found& into);
  result<void> compare_rest(entry& one, found& into);
  result<void> compare_inbox(const flow_key& key, entry& stored, const routed_scope& scope,
                             merged_inbox expected, found& into);
  [[nodiscard]] bool is_nowhere(position born) const;
  result<void> compare_span(const expectation& expected, std::uint64_t span, found& into);
  result<void> compare_orphans();
  result<void> compare_timers(const expectation& expected);

  settings with_;
  rebuild_counts counts_;
  std::set<std::string, std::less<>> broken_types_;  ///< whose routing fails: not compared
  std::vector<entry> directory_;                     ///< by hash
  mend_request mends_;                               ///< not handed over yet
  /// Of flows of topics that are not in the directory, and that the present pass covers: the last
  /// event that made each emit. None: no such flow was found.
  std::optional<std::unordered_map<std::string, position>> decided_;
  hash_range covers_;
  pass_estimate estimate_;
  std::size_t steps_ = 0;  ///< of the present pass's comparing
  std::size_t steps_done_ = 0;
};

}  // namespace millrace
