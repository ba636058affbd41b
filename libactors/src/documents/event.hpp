/// Events as commands show them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "millrace/envelope.pb.h"
#include "store/store.hpp"
#include "wire/type_registry.hpp"

namespace millrace::documents {

using json = nlohmann::ordered_json;

/// A recorded event, copied out of the store and decoded as far as it can be.
struct shown_event {
  position at;
  std::string type;
  timestamp time;
  v1::Envelope envelope;
  std::string data;        ///< one line of JSON; `null` when it does not decode
  bool is_base64 = false;  ///< data is the payload of an unknown type
  std::string problem;     ///< why something here does not decode; empty: all does
};
[[nodiscard]] shown_event decode(const type_registry& types, const event_row& row);

/// The event at a position; not_found when there is none, and the message says how far they go.
[[nodiscard]] result<shown_event> read_event(const store& from, const type_registry& types,
                                             position at);

/// `{"position":…,"type":…,"time":…, … ,"data":…}` without the data; rarer fields only when set.
[[nodiscard]] json head_of(const shown_event& event);
/// The fields of `head` and, last, `data` to the letter: one line of JSON.
[[nodiscard]] std::string line_of(const json& head, const shown_event& event);

/// What there is to say beside type, time and payload: `cause 3, by Reminder|x, due …`; may be
/// empty.
[[nodiscard]] std::string remarks(const shown_event& event);
/// The payload for people: at most `width` columns (0: all of it), inert.
[[nodiscard]] std::string excerpt(const shown_event& event, std::size_t width);
/// `event 17, OrderPaid, recorded 2025-…`.
[[nodiscard]] std::string named(const shown_event& event);

/// Compact, any bytes; what is not UTF-8 is replaced.
[[nodiscard]] std::string dump(const json& value);
/// A number, or null.
[[nodiscard]] json number_or_null(std::optional<position> at);
[[nodiscard]] std::string text_or_dash(std::optional<position> at);

}  // namespace millrace::documents
