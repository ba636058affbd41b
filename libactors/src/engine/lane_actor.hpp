/// The flow instances of a type in one actor, while they are given their history.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <unordered_set>
#include <variant>
#include <vector>

#include "base/pooled_sequence.hpp"
#include "engine/context.hpp"
#include "engine/messages.hpp"
#include "flow/runner.hpp"

namespace millrace {

/// Folds whole windows: a message for each of them, not for each flow it touches, and the flows lie
/// side by side. For queries that only fold, and keep up: one that fails, cannot be loaded as it
/// is, or does not follow its checkpoint is given up, and the router wakes it as an actor of its
/// own, which starts from its last checkpoint; and so are all when the type's handlers take long.
/// Commits of a flow go to the journal in order, several may be under way.
/// docs/decisions/2026-11-27-lanes.md
class lane_actor final : public caf::event_based_actor {
 public:
  /// What the router sees of it. Any thread.
  struct pace {
    std::atomic<std::size_t> folded{0};          ///< windows that it is done with
    std::atomic<bool> waits_for_journal{false};  ///< and goes on when its commits are durable
  };
  struct start {
    engine_context* context = nullptr;
    caf::actor router;
    std::uint32_t type = 0;  ///< index in the interest table
    std::shared_ptr<pace> shown;
  };
  lane_actor(caf::actor_config& config, start from);

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  struct member {
    flow_number number{};
    build_number build = first_build;
    std::optional<runner> runs;         ///< none: it was given up
    std::optional<position> committed;  ///< with what is under way
    std::size_t handled = 0;            ///< of the open turn
    bool listed = false;                ///< in open_; until close_all() gets there
  };
  using step = std::variant<fold_window, empty_lane>;
  /// Where it is in the deliveries of a window.
  struct place_in {
    std::size_t delivery = 0;
    std::uint32_t event = 0;  ///< of that delivery
  };
  /// A few events, of several flows or some of one: those whose memory is waited for together, and
  /// that are handled between two looks at the clock.
  struct block {
    struct part {
      std::uint32_t place = 0;
      std::uint32_t count = 0;
    };
    std::vector<part> parts;
    std::vector<observation> seen;  ///< those of the parts, in their order
    place_in end;
  };

  void work();
  void take_steps();
  void go_on();
  bool fold(fold_window& window, timestamp until);
  bool fold(const window_lease::content& held, std::span<const lane_delivery> all, timestamp until);
  void gather(const window_lease::content& held, std::span<const lane_delivery> all, place_in from,
              block& into) const;
  void expect(const block& next) const;
  timestamp run(const block& gathered);
  [[nodiscard]] bool is_over(timestamp now, timestamp until) const {
    return (is_slow_ && !is_put_out_) || now >= until;
  }
  void join(lane_member& who);
  [[nodiscard]] result<bool> load(const lane_member& who, member& into) const;
  void observe(std::uint32_t place, std::span<const observation> left);
  void note_pace(duration took, std::size_t events);
  [[nodiscard]] duration time_of(std::size_t events) const;
  std::size_t end_turn(member& one);
  void close(member& one, flush_cause why);
  void close_full();
  void close_all(flush_cause why);
  [[nodiscard]] bool has_room() const;
  void tell_turns(std::size_t open);
  bool put_all_out();
  void give_up(std::uint32_t place);
  void give_up(member& one);
  void empty(bool closes);
  enum class milestone { committed, emptied, closed };
  void report(milestone of);
  [[nodiscard]] timestamp due() const;
  [[nodiscard]] bool is_due() const;
  void wait_for_age();

  engine_context& context_;
  life life_{context_};
  caf::actor router_;
  const std::uint32_t index_;
  const flow_type& type_;
  const std::shared_ptr<pace> shown_;

  std::deque<step> steps_;
  std::size_t joined_ = 0;  // of the first step, when that is a window
  place_in folded_;         // the same
  bool going_on_ = false;
  pooled_sequence<member> members_;  // by place
  std::vector<std::uint32_t> open_;  // and some that close_full() has closed since
  std::size_t turns_ = 0;            // that are open
  std::size_t told_turns_ = 0;       // the same, as the context has it
  std::vector<std::uint32_t> full_;  // of them, those that have as much as a turn is to have
  std::optional<timestamp> open_since_;
  bool tick_under_way_ = false;
  std::shared_ptr<std::atomic<std::size_t>> commits_;  // under way
  std::size_t committing_ = 0;                         // bytes of states, since nothing was

  std::array<block, 3> blocks_;  // the one that is at hand, and the next ones, of a slice
  turn made_;
  std::vector<std::pair<flow_key, build_number>> given_up_;  // not told yet
  std::unordered_set<flow_number> gone_;  // given up since the lane was opened: never taken again
  duration took_{};                       // by handlers, of late
  std::size_t ran_ = 0;                   // events, the same
  bool is_slow_ = false;
  bool is_put_out_ = false;  // all of them, therefore
};

}  // namespace millrace
