/// Fires timers when they are due.
#pragma once

#include "engine/context.hpp"
#include "engine/messages.hpp"
#include "schedule/due_queue.hpp"

namespace millrace {

/// Keeps the nearest part of the schedule, told of changes by the journal, and asks the journal to
/// fire what is due: one request under way at a time. Late ones fire at start. One in an engine.
class schedule_actor final : public caf::event_based_actor {
 public:
  struct start {
    engine_context* context = nullptr;
    caf::actor router;
  };
  schedule_actor(caf::actor_config& config, start from);

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override {
    router_ = nullptr;
    life_.end();
  }

 private:
  void load();
  void fire_due();
  void wait_for_next();
  void settle();

  engine_context& context_;
  life life_{context_};
  caf::actor router_;
  due_queue queue_;
  bool firing_ = false;
  std::uint64_t seen_ = 1;  // changes; the first is the loading
  std::uint64_t generation_ = 0;
  std::optional<timestamp> waiting_for_;
};

}  // namespace millrace
