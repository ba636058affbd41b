// What an operator does to a running shop: repairs, resets, rebuilds, switches.
#include <fmt/format.h>

#include "host/host_parts.hpp"
#include "host/rebuild.hpp"
#include "oracle.hpp"
#include "shop_run.hpp"
#include "test_flows.hpp"

namespace millrace::simulation {

/// Some stay broken for a while, and some break again at once.
void shop_run::repair_some(bool all) {
  for (const auto& flow : flows()) {
    if (test_.crashed()) return;
    const bool parked = flow.key == flow_key{image_ledger::name};  // see below
    if (flow.status != flow_status::stopped || parked || (!all && dice_.one_in(3))) continue;
    say("retry", fmt::format("{} at {}", flow.key.text(), flow.error_position->value));
    auto repaired = test_.running().retry(flow.key);
    const bool excused = test_.crashed() || disk_troubled_;
    expect(repaired || excused, "retry failed: " + flow.key.text());
  }
  // Not found when its routing is not parked.
  if (test_.running().retry(flow_key{image_ledger::name})) say("unpark", {});
}

void shop_run::order_reset(const flow_key& key, bool accepts) {
  test_.running().inside().running->repair(
      key, {.what = repair_order::kind::reset, .accept_history = accepts},
      [this](const result<void>& done) {
        const bool excused = done || done.error().code == errc::closed ||
                             done.error().code == errc::conflict || disk_troubled_;
        expect(excused, "reset failed: " + (done ? std::string{} : done.error().message));
      });
}

/// Any flow, whatever it is at; often while more is going on.
void shop_run::reset_one() {
  const auto all = stored_flows(test_);
  if (all.empty()) return;
  const auto& flow = all[dice_.below(all.size())].entry.key;
  say("reset", flow.text());
  order_reset(flow, dice_.one_in(3));
  if (dice_.one_in(2)) return step_some();
  test_.run();
}

/// All flows of a type that has some: by one scan, or each alone.
void shop_run::reset_type() {
  const auto all = stored_flows(test_);
  if (all.empty()) return;
  const std::string type{all[dice_.below(all.size())].entry.key.type()};
  const bool accepts = dice_.one_in(3);
  const bool one_scan = dice_.one_in(2);
  say("reset of a type", type + (one_scan ? " by one scan" : ""));
  if (one_scan) {
    test_.running().inside().running->reset_type(type, accepts, [this](const result<void>& done) {
      const bool excused = done || done.error().code == errc::closed ||
                           done.error().code == errc::conflict ||
                           done.error().code == errc::unknown_type || disk_troubled_;
      expect(excused, "reset of a type failed");
    });
    return step_some();
  }
  for (const auto& row : all) {
    if (row.entry.key.type() == type) order_reset(row.entry.key, accepts);
  }
  step_some();
}

/// Of a flow that decides again the oracle could not tell what became of its words; and it knows
/// of one build only what was skipped.
void shop_run::skip_one() {
  const auto rows = stored_flows(test_);
  for (const auto& row : rows) {
    const auto& checkpoint = row.checkpoint;
    const auto& key = row.entry.key;
    const bool fits = checkpoint.has_error_position() && !checkpoint.has_replay_until();
    if (!fits || program::has_versions(key.type())) continue;
    say("skip", fmt::format("{} at {}", key.text(), checkpoint.error_position()));
    auto skipped = test_.running().skip(key);
    const bool excused = skipped || test_.crashed() || disk_troubled_;
    expect(excused || skipped.error().code == errc::conflict, "skip failed: " + key.text());
    return;
  }
}

/// Beside all that goes on. There is nothing to mend.
void shop_run::rebuild_all() {
  rebuild_settings settings;
  settings.may_use.threads = 1;
  settings.report = [this](const std::string& subject, const std::string& what) {
    expect(false, "rebuild: " + subject + ": " + what);
  };
  say("rebuild", {});
  image_ledger::route_bugs.pause(true);
  const auto counts = rebuild(test_.running().inside(), settings);
  image_ledger::route_bugs.pause(false);
  expect(counts || test_.crashed() || disk_troubled_, "the rebuild failed");
}

void shop_run::switch_some() {
  for (const auto name : program::with_versions) {
    if (test_.crashed() || dice_.one_in(2)) continue;
    const auto switched =
        test_.running().switch_type(std::string{name}, {.drop_old = dice_.one_in(2)});
    if (!switched) continue;
    say("switch", std::string{name});
    frozen_.clear();  // also to flows that are stopped
  }
}

/// Whatever waits for a word, or for a flow that was stopped.
void shop_run::switch_all() {
  for (const auto name : program::with_versions) {
    static_cast<void>(test_.running().switch_type(std::string{name}));
  }
}

}  // namespace millrace::simulation
