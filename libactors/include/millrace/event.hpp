/// Events: what is appended, and what is read back with its envelope.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/types.hpp"

namespace millrace {

struct envelope_view;

/// The durable name of an event type: the message's short name (`OrderPaid`, not `shop.OrderPaid`),
/// so that a package can be renamed and other systems can name it. Never rename it afterwards.
template <class E>
[[nodiscard]] std::string_view event_type_name() {
  return E::descriptor()->name();
}

struct header {
  std::string name;
  std::string value;
  friend bool operator==(const header&, const header&) = default;
};

/// An explicit route: the event reaches exactly the listed flows, as `starts`, and `route()` of no
/// flow is asked.
using explicit_routes = std::vector<flow_key>;

/// An event that somebody wants to append. Everything but type and payload is optional.
struct new_event {
  std::string type;
  std::string payload;       ///< Protobuf bytes, or JSON text when content_type says so
  std::string content_type;  ///< empty: Protobuf; "application/json": kept to the letter
  std::string id;            ///< makes a repeated append harmless, within the id window
  std::string correlation_id;
  std::string user;
  std::optional<position> cause;
  std::optional<timestamp> due;  ///< puts the event on the schedule: it fires as a copy then
  std::vector<header> headers;
  std::optional<explicit_routes> routes;  ///< empty list: reaches nobody

  template <class E>
  [[nodiscard]] static new_event of(const E& body) {
    new_event made;
    made.type = event_type_name<E>();
    made.payload = body.SerializeAsString();
    return made;
  }
};

inline constexpr std::string_view content_type_json = "application/json";

/// A recorded event as handlers, subscribers and readers see it. A view: its text and body belong
/// to the batch it came in and are gone when the call that got it returns.
struct event {
  position at;
  std::string_view type;
  timestamp time;  ///< when it was recorded
  std::string_view payload;
  /// Decoded once for all observers; null when no flow here observes the type or it does not
  /// decode.
  const google::protobuf::Message* body = nullptr;
  /// Everything rarer; never null.
  const envelope_view* envelope = nullptr;

  [[nodiscard]] std::string_view id() const;
  [[nodiscard]] std::string_view content_type() const;  ///< empty: Protobuf
  [[nodiscard]] std::optional<position> cause() const;
  [[nodiscard]] std::string_view correlation_id() const;
  [[nodiscard]] std::string_view user() const;
  [[nodiscard]] std::optional<timestamp> due() const;  ///< set: a schedule entry, not its firing
  [[nodiscard]] bool from_schedule() const;            ///< the firing of the entry at cause()
  /// Key of the topic that emitted it; empty when it came from outside.
  [[nodiscard]] std::string_view emitter() const;
  [[nodiscard]] std::uint32_t ordinal() const;  ///< among the emissions of one cause, from 0
  [[nodiscard]] std::uint32_t depth() const;    ///< how many reactions led to it
  [[nodiscard]] std::vector<header> headers() const;
  [[nodiscard]] std::optional<explicit_routes> routes() const;
};

}  // namespace millrace
