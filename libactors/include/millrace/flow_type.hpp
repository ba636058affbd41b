/// The parts of a flow's description: its options, and the type-erased form the engine runs.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/event.hpp"
#include "millrace/reactions.hpp"
#include "millrace/route.hpp"
#include "millrace/types.hpp"

namespace millrace {

template <class... E>
struct events {};

/// Where a topic that the store has not seen before begins. Queries always see all of history.
enum class first_event { of_history, from_now };

/// When a flow that is behind commits what it has handled: at `count` events, or when the oldest is
/// of `age`, or, always, at once when nothing more is on its way, or when it has decided something.
struct flush_policy {
  std::size_t count = 4096;
  duration age = std::chrono::seconds{2};
  [[nodiscard]] constexpr flush_policy or_after(duration limit) const { return {count, limit}; }
};
[[nodiscard]] constexpr flush_policy flush_every(std::size_t count) { return {.count = count}; }

/// What follows when a handler throws. A skipped event is recorded in the checkpoint with its
/// error.
struct error_policy {
  enum class then { stop, skip };
  unsigned retries = 0;
  duration backoff = std::chrono::milliseconds{100};  ///< doubled for each further try
  then finally = then::stop;

  [[nodiscard]] constexpr error_policy with_backoff(duration first) const {
    return {retries, first, finally};
  }
};
[[nodiscard]] constexpr error_policy stop_on_error() { return {}; }
[[nodiscard]] constexpr error_policy retry_then_stop(unsigned times) { return {.retries = times}; }
[[nodiscard]] constexpr error_policy skip_and_record() {
  return {.finally = error_policy::then::skip};
}

/// When readers of a query get the result of its new version instead of the former one, which is
/// served, as it was, until then.
enum class new_version {
  switch_when_caught_up,  ///< when it has seen all of history, and no instance of it is stopped
  wait_for_switch,        ///< when `switch TYPE` says so
};

/// Fixed settings of a flow type in one application.
struct flow_options {
  flush_policy flush = {};
  error_policy on_error = {};
  new_version on_new_version = new_version::switch_when_caught_up;
  /// For handlers that block or take long: each instance holds a thread of its own instead of a
  /// shared worker.
  bool runs_on_own_thread = false;
};

/// One living instance, type-erased. `observed` is the index of the event's type in `observes`; the
/// body is of that type. One thread at a time. Handlers' exceptions pass through.
class flow_instance {
 public:
  virtual ~flow_instance() = default;
  virtual void given(std::size_t observed, const google::protobuf::Message& body,
                     const event& envelope) = 0;
  virtual void when(std::size_t observed, const google::protobuf::Message& body,
                    const event& envelope, reactions& then) const = 0;
  virtual bool ends(std::size_t observed, const google::protobuf::Message& body,
                    const event& envelope) const = 0;
  /// Null for a topic that keeps none.
  virtual google::protobuf::Message* state() = 0;
};

/// One observed event type of a flow type.
struct observed_event {
  std::string name;
  const google::protobuf::Message* prototype = nullptr;  ///< static; makes bodies
  bool has_given = false;
  bool has_when = false;
  /// Null when the flow type has a single instance.
  millrace::route (*route)(const google::protobuf::Message&, const event&) = nullptr;
};

/// A flow type, type-erased. Immutable once made; shared by all threads.
struct flow_type {
  std::string name;
  int version = 1;
  bool topic = false;   ///< decides; otherwise a query, that only folds
  bool single = false;  ///< has one instance, whose key is the name alone
  first_event starts_from = first_event::of_history;
  flow_options options;
  std::vector<observed_event> observes;
  const google::protobuf::Message* state_prototype = nullptr;  ///< null: keeps no state
  std::function<std::unique_ptr<flow_instance>()> make;        ///< a fresh instance; thread-safe

  /// Index into `observes`, or its size.
  [[nodiscard]] std::size_t find(std::string_view event_type) const {
    std::size_t i = 0;
    while (i < observes.size() && observes[i].name != event_type) ++i;
    return i;
  }
};

}  // namespace millrace
