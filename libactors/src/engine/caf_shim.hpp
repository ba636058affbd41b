/// What millrace uses of CAF, in one place. Built and tested with 0.17.6; what later versions name
/// otherwise stands beside it. docs/decisions/2026-11-22-caf.md
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/type_id.hpp>

#include <chrono>
#include <utility>

namespace millrace {

#ifdef CAF_VERSION_MAJOR  // 1.x

template <class Message>
void tell(caf::event_based_actor& self, const caf::actor& to, Message message) {
  self.mail(std::move(message)).send(to);
}
template <class Message>
void tell(const caf::actor& to, Message message) {
  caf::anon_mail(std::move(message)).send(to);
}
template <class Message>
void tell_self_after(caf::event_based_actor& self, std::chrono::microseconds delay,
                     Message message) {
  self.mail(std::move(message)).delay(delay).send(&self);
}

#else

/// From one actor to another.
template <class Message>
void tell(caf::event_based_actor& self, const caf::actor& to, Message message) {
  self.send(to, std::move(message));
}
/// From any thread.
template <class Message>
void tell(const caf::actor& to, Message message) {
  caf::anon_send(to, std::move(message));
}
/// Cannot be taken back: send a generation number, ignore old ones, keep one under way.
template <class Message>
void tell_self_after(caf::event_based_actor& self, std::chrono::microseconds delay,
                     Message message) {
  self.delayed_send(&self, delay, std::move(message));
}

#endif

/// No exception may leave a handler; should one, `tell` hears of it, and the actor ends.
template <class Tell>
void on_escaped_exception(caf::event_based_actor& self, Tell tell) {
  self.set_exception_handler([tell](std::exception_ptr& thrown) -> caf::error {
    tell(thrown);
    return caf::exit_reason::unhandled_exception;
  });
}

/// Ends an actor before anything else in its mailbox.
inline void kill(const caf::actor& victim) { caf::anon_send_exit(victim, caf::exit_reason::kill); }

/// Settings of an actor system of our own. `sharing`, because work stealing collapses with
/// thousands of runnable actors, and a bound on what one actor may handle before
/// others have a turn.
struct scheduler_settings {
  std::size_t threads = 0;  ///< 0: CAF's default
  bool testing = false;     ///< the deterministic scheduler
};
void apply(caf::actor_system_config& config, const scheduler_settings& settings);

/// Before the first actor system of the process: registers message types where CAF wants that.
void initialise_messages();

}  // namespace millrace
