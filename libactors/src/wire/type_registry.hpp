/// Which Protobuf message stands behind an event type's name.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "millrace/event.hpp"
#include "millrace/flow.hpp"
#include "millrace/result.hpp"

namespace millrace {

/// About what the event takes on the timeline: the bytes of its texts.
[[nodiscard]] std::size_t size_of(const new_event& wanted);

/// Filled while flows are added, then shared read-only by all threads.
class type_registry {
 public:
  /// Errors: invalid, when another message already has that short name.
  result<void> add(const observed_event& observed);
  /// All that a flow type observes.
  result<void> add(const flow_type& type);

  /// Null: unknown. Static lifetime.
  [[nodiscard]] const google::protobuf::Message* find(std::string_view type) const;
  /// A view of `type` that lives as long as the registry, when known; else empty.
  [[nodiscard]] std::string_view interned(std::string_view type) const;
  /// Both at once.
  struct known_type {
    std::string_view name;
    const google::protobuf::Message* prototype = nullptr;
  };
  [[nodiscard]] known_type lookup(std::string_view type) const;
  [[nodiscard]] std::vector<std::string> names() const;  ///< in byte order

  /// Checks an event that somebody wants to append: names, sizes, UTF-8 of the type, ids and
  /// routes, and that the payload is what its type says; an unknown type must be JSON unless
  /// `strict`. Errors: invalid, unknown_type, undecodable, too_large.
  result<void> check(const new_event& wanted, bool strict) const;

  /// Payload bytes from JSON text, for a known type. Errors: unknown_type, undecodable (says
  /// where).
  [[nodiscard]] result<std::string> from_json(std::string_view type, std::string_view json) const;
  /// The payload as one line of JSON. A JSON payload comes back to the letter; an unknown Protobuf
  /// payload as a JSON string of base64. (Line breaks between JSON tokens become spaces: it is one
  /// line.) Errors: undecodable.
  [[nodiscard]] result<std::string> to_json(std::string_view type, std::string_view content_type,
                                            std::string_view payload) const;

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  std::unordered_map<std::string, const google::protobuf::Message*, hash, std::equal_to<>> types_;
};

}  // namespace millrace
