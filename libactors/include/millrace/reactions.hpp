/// What a topic decides when it observes an event.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "millrace/event.hpp"

namespace millrace {

/// Collects the decisions of one `when`: they become durable together with the topic's checkpoint,
/// in one transaction, or not at all. Lives as long as that call; never shared between threads.
///
/// Deterministic by construction: the only time it knows is the recorded time of the event at hand.
class reactions {
 public:
  explicit reactions(const event& cause) : cause_(cause) {}
  reactions(const reactions&) = delete;
  reactions& operator=(const reactions&) = delete;

  /// Appends an event. The reference stays valid until `when` returns: `then.emit<E>().set_x(1)`.
  template <class E>
  E& emit() {
    return add<E>(std::nullopt);
  }
  /// Schedules an event: it is recorded now and fires, as a copy, at `due` (at once when past).
  template <class E>
  E& emit_at(timestamp due) {
    return add<E>(due);
  }
  template <class E>
  E& emit_after(duration delay) {
    return add<E>(now() + delay);
  }
  /// Takes this instance's outstanding timers of type E off the schedule, including those that this
  /// very `when` scheduled before. A timer that has fired but was not observed yet counts as
  /// outstanding: the flow will not see it.
  template <class E>
  void cancel() {
    cancel_type(event_type_name<E>());
  }
  /// Ends this instance and its outstanding timers after this event; the next `starts` begins a new
  /// life with a fresh state.
  void done() { done_ = true; }

  [[nodiscard]] timestamp now() const { return cause_.time; }
  [[nodiscard]] const event& cause() const { return cause_; }

  // What was decided; for those who record it.

  struct emission {
    std::unique_ptr<google::protobuf::Message> body;
    std::optional<timestamp> due;
  };
  [[nodiscard]] const std::vector<emission>& emissions() const { return emissions_; }
  [[nodiscard]] const std::vector<std::string_view>& cancelled() const { return cancelled_; }
  [[nodiscard]] bool is_done() const { return done_; }

 private:
  template <class E>
  E& add(std::optional<timestamp> due) {
    auto body = std::make_unique<E>();
    E& reference = *body;
    emissions_.push_back({std::move(body), due});
    return reference;
  }
  void cancel_type(std::string_view type);

  const event& cause_;
  std::vector<emission> emissions_;
  std::vector<std::unique_ptr<google::protobuf::Message>> taken_back_;  ///< by cancel
  std::vector<std::string_view> cancelled_;
  bool done_ = false;
};

}  // namespace millrace
