/// A store against itself: everything that is written twice, or follows from something else,
/// compared.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/overview.hpp"
#include "host/verify_timeline.hpp"
#include "routing/routing_plan.hpp"
#include "store/store.hpp"

namespace millrace {

struct verify_counts {
  std::uint64_t events = 0;
  std::uint64_t flows = 0;
  std::uint64_t postings = 0;
  std::uint64_t timers = 0;
  std::uint64_t findings = 0;
};

/// Checks a whole store against itself: the timeline, in order; what follows from it, by a fresh
/// routing on all cores (comparison.hpp); and each flow's checkpoint. Memory: a bit for each event,
/// eight bytes for each reaction, and what a comparison may use. Works beside a running host: what
/// is written meanwhile is not looked at. Findings are reported on the caller's thread.
///
/// What a program without a flow's type cannot know is not compared: of such a flow only the
/// explicitly routed events are.
class verifier {
 public:
  verifier(const store& from, const known_types& types, finding_sink report, progress_teller tell,
           std::function<bool()> ends = {})
      : store_(from),
        types_(types),
        report_(std::move(report)),
        tell_(std::move(tell)),
        ends_(std::move(ends)) {}

  /// Errors: those of the store's reads; closed (`ends` said so); findings are none.
  result<verify_counts> run();

 private:
  /// Reading the timeline, routing it again, each flow: one bar over all three.
  enum class part { timeline, derived, flows };
  void tell(part at, std::uint64_t done, std::uint64_t of_all) const;
  result<void> check_all();
  result<void> take_snapshot();
  result<void> check_timeline();
  result<void> compare_derived();
  void check_types();
  result<void> check_flows();
  result<void> check_reacted();
  [[nodiscard]] bool reacted_elsewhere(const flow_key& flow, position cause) const;
  result<void> check_flow(const flow_view& view);
  result<void> check_foreign_inbox(const flow_row& row, const std::string& name);
  result<std::uint64_t> count_named(const flow_key& key, const std::vector<position>& at,
                                    const std::string& name);
  void check_checkpoint(const flow_view& view, const std::string& name);
  result<void> check_error(const flow_row& row, const std::string& name);
  result<void> check_state(const flow_row& row, const std::string& name);
  result<void> check_ids();
  void find(const std::string& subject, const std::string& what);

  const store& store_;
  const known_types& types_;
  finding_sink report_;
  progress_teller tell_;
  std::function<bool()> ends_;
  verify_counts counts_;

  // The store when the check began.
  routing_plan::moment moment_;
  position tail_;
  std::uint64_t flows_ = 0;                                        ///< about
  std::map<std::string, v1::FlowType, std::less<>> stored_types_;  ///< running builds
  build_list builds_;

  std::unique_ptr<timeline_check> timeline_;
};

}  // namespace millrace
