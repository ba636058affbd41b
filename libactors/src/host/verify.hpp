/// A store against itself: everything that is written twice, or follows from something else,
/// compared.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/overview.hpp"
#include "host/verify_timeline.hpp"
#include "store/store.hpp"

namespace millrace {

struct verify_counts {
  std::uint64_t events = 0;
  std::uint64_t flows = 0;
  std::uint64_t postings = 0;
  std::uint64_t timers = 0;
  std::uint64_t findings = 0;
  bool schedule_compared = true;  ///< false: a host wrote faster than the schedule could be read
};

/// Checks a whole store against itself and against a fresh routing of its timeline. Reads
/// everything once, and what a finding needs once more. Memory: a bit for each event, eight bytes
/// for each reaction, one entry for each flow. Works beside a running host: what is written
/// meanwhile is not looked at. One thread.
///
/// What a program without a flow's type cannot know is not compared: of such a flow only the
/// explicitly routed events are.
class verifier {
 public:
  verifier(const store& from, const known_types& types, finding_sink report, progress_teller tell)
      : store_(from), types_(types), report_(std::move(report)), tell_(std::move(tell)) {}

  /// Errors: those of the store's reads; findings are none.
  result<verify_counts> run();

 private:
  /// What routing the timeline afresh gives for a flow.
  struct expected_flow {
    position born;
    std::optional<position> latest;  ///< of all
    std::uint64_t count = 0;         ///< of those that must be in the store
    std::uint64_t sum = 0;           ///< a hash over them
    bool found = false;              ///< in the store
  };
  struct stored_inbox {
    std::uint64_t count = 0;  ///< all up to the row's latest
    std::optional<position> last;
    std::uint64_t compared = 0;
    std::uint64_t sum = 0;
  };

  result<void> take_snapshot();
  result<router::start> fresh_start();
  result<void> route_afresh();
  result<void> expect(router& fresh, const window& events, const routed_window& routed);
  result<void> pass_known_failures(router& fresh, const window& events,
                                   const std::vector<std::string>& parked);
  [[nodiscard]] bool is_skipped(std::string_view type, position at) const;
  void add_expected(const window& events, const routed_window& routed);
  result<std::optional<flow_row>> look_up(const flow_key& key);

  result<void> check_causes(const window& events);
  result<void> check_effects(position cause, position at);
  void check_types();
  result<void> check_flows();
  [[nodiscard]] bool reacted_elsewhere(const flow_key& flow, position cause) const;
  result<void> check_flow(const flow_row& row);
  result<stored_inbox> read_inbox(const flow_row& row, const std::string& name);
  void compare_inbox(const flow_row& row, const stored_inbox& inbox, const std::string& name);
  void check_checkpoint(const flow_row& row, const std::string& name);
  result<void> check_error(const flow_row& row, const std::string& name);
  result<void> check_state(const flow_row& row, const std::string& name);
  void check_schedule();
  void check_entry(const schedule_entry& stored, const schedule_entry& folded);
  result<void> check_ids();

  /// Mixes well enough that a sum over different postings tells sets apart.
  [[nodiscard]] static std::uint64_t mixed(position at, bool starts);
  /// Postings of the flow type at or after this position need not be in the store yet.
  [[nodiscard]] position cut_of(std::string_view type, bool is_explicit) const;
  [[nodiscard]] position first_of(std::string_view type) const;
  void find(const std::string& subject, const std::string& what);

  const store& store_;
  const known_types& types_;
  finding_sink report_;
  progress_teller tell_;
  verify_counts counts_;

  // The store when the check began.
  position tail_;
  position routed_;
  std::map<std::string, v1::FlowType, std::less<>> stored_types_;  ///< running builds
  build_list builds_;
  std::vector<schedule_entry> schedule_;

  std::map<std::string, position, std::less<>> first_;  ///< where a topic's routing began
  std::unique_ptr<timeline_check> timeline_;
  std::unordered_map<std::string, expected_flow> expected_;
  std::unordered_map<std::uint64_t, std::vector<position>> effects_;  ///< a cache
};

}  // namespace millrace
