/// One flow instance as an actor.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "engine/context.hpp"
#include "engine/messages.hpp"
#include "engine/recorded_reactions.hpp"
#include "flow/inbox.hpp"
#include "flow/runner.hpp"

namespace millrace {

/// Holds one instance in memory, feeds its runner, commits its turns: one commit under way at a
/// time. Spawned, fed and unloaded by the router actor. Runs on a shared worker, or on a thread of
/// its own.
///
/// It is *live* while the router pushes and it keeps up. When a delivery does not follow the one
/// before, a lease was revoked, or there was no room, it falls behind: it drops what it holds and
/// reads its inbox from the store until the router takes it on again. Exactly: nothing twice,
/// nothing missed.
class flow_actor final : public caf::event_based_actor {
 public:
  struct repair {
    repair_order order;
    std::shared_ptr<answer_to<void>> answer;
  };
  struct start {
    engine_context* context = nullptr;
    std::shared_ptr<const flow_type> type;
    flow_entry flow;
    std::shared_ptr<flow_gate> gate;
    flow_meter* of_type = nullptr;  ///< counts for all flows of the type
    caf::actor router;
    bool fresh = false;  ///< new in the directory: there is no checkpoint to load
    /// Builds of the type before this one, newest first: without a checkpoint, the flow begins anew
    /// from where it was in these.
    std::vector<former_build> formers;
    bool accepts_recorded = false;  ///< and takes the reactions it is recorded to have had
    std::optional<repair> repairs;
  };
  flow_actor(caf::actor_config& config, start from);

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  enum class mode {
    loading,    ///< waits for postings to be written, then recovers
    live,       ///< handles what the router pushes
    reading,    ///< handles what the store holds
    attaching,  ///< asked the router what comes next
    pausing,    ///< waits before it tries a failed event again
    ended,      ///< stopped, or nothing more to do here
  };

  [[nodiscard]] caf::actor me() { return caf::actor_cast<caf::actor>(this); }

  // Loading.
  void load();
  void recover_when_written();
  void recover_and_go_on();
  void cannot_load(const error& why);
  void cannot_recover(const std::string& why);
  void stop_unrecovered();
  void go_on();

  // Taking in.
  void on_deliver(deliver& one);
  bool follows(const deliver& one) const;
  void drop(const deliver& one);
  void detach();
  void fall_behind();
  void on_replaced();
  void read_on();
  void on_taken_on(taken_on& news);
  void observe_stored(const std::vector<position>& at, const std::vector<posting>& inbox);

  // Handling.
  void handle_live();
  [[nodiscard]] std::vector<observation> take_batch(
      std::vector<std::shared_ptr<const window_lease::content>>& held) const;
  void consume_taken();
  void wait_for_age();
  void observe(std::vector<observation> seen, bool closes);
  [[nodiscard]] bool is_open() const { return open_.handled > 0; }
  [[nodiscard]] bool may_stay_open() const;
  bool recall(std::vector<observation>& seen);
  std::size_t batch_limit() const;
  void leave_for_later(std::size_t count);
  void adapt_slice(duration took, std::size_t handled);

  // Committing.
  void close();
  /// Whether it comes out again when the flow runs on from an earlier checkpoint.
  enum class repeats { no, yes };
  void commit(turn decided, repeats comes_again);
  void on_committed(const std::optional<error>& failed);
  void report_progress();

  // Failing.
  void on_failed_turn();
  void on_failure(const turn::failure& failed);
  void stop_at(const turn::failure& failed);
  void skip_failed();
  void begin_repair();
  void begin_anew(bool accept_history);
  void answer_repair(const result<void>& outcome);
  void end(bool stopped);
  [[nodiscard]] std::optional<position> checkpoint_position() const;
  [[nodiscard]] std::optional<position> runner_position() const;
  [[nodiscard]] std::uint64_t first_unhandled() const;

  engine_context& context_;
  life life_{context_};
  std::shared_ptr<const flow_type> type_;
  flow_entry flow_;
  std::shared_ptr<flow_gate> gate_;
  flow_meter* of_type_;
  caf::actor router_;
  bool fresh_;
  std::vector<former_build> formers_;
  bool accepts_recorded_;
  std::optional<repair> repairs_;
  std::shared_ptr<answer_to<void>> repair_answer_;

  mode mode_ = mode::loading;
  runner runner_;
  std::optional<recorded_reactions> recorded_;  // while it decides again
  loaded_flow loaded_;                          // while loading
  v1::Checkpoint committed_;                    // as in the store
  std::optional<std::string> unrecoverable_;    // why it stops, once its postings are written
  turn open_;                                   // handled, and goes on while more is on its way
  duration handling_{};                         // what handlers took of it
  std::optional<turn> pending_;                 // under way; its checkpoint becomes committed_
  std::size_t pending_entries_ = 0;             // of the inbox, in either
  std::size_t taken_ = 0;                       // of the queue, in the batch at hand

  std::deque<deliver> queue_;
  inbox inbox_;
  flush_cause cause_ = flush_cause::dry;  // of the batch at hand
  std::optional<position> last_seen_;     // of what is in the queue or handled
  bool no_room_ = false;
  bool draining_ = false;

  std::size_t slice_;
  std::uint64_t generation_ = 0;
  bool tick_under_way_ = false;
  unsigned attempts_ = 0;
  std::optional<turn::failure> failing_;  // handled alone when its turn comes
  bool skipping_ = false;
};

}  // namespace millrace
