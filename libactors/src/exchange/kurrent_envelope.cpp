#include "exchange/kurrent_envelope.hpp"

#include "millrace/envelope.pb.h"
#include "millrace/event.hpp"
#include "wire/field_writer.hpp"

namespace millrace::exchange {

/// By hand: a message of it costs as much as finding the routes.
std::string_view encode_envelope(const kurrent_envelope& what,
                                 std::span<const std::string_view> keys, text_arena& arena) {
  field_counter routes;
  for (const auto key : keys) routes.bytes(v1::ExplicitRoutes::kKeysFieldNumber, key);
  const auto put = [&](auto& to) {
    to.bytes(v1::Envelope::kContentTypeFieldNumber, content_type_json);
    if (what.cause) to.number(v1::Envelope::kCauseFieldNumber, what.cause->value);
    if (what.due) {
      const auto micros = what.due->time_since_epoch().count();
      to.number(v1::Envelope::kDueFieldNumber, static_cast<std::uint64_t>(micros));
    }
    if (what.from_schedule) to.number(v1::Envelope::kFromScheduleFieldNumber, 1);
    to.begin(v1::Envelope::kRoutesFieldNumber, routes.size);
    for (const auto key : keys) to.bytes(v1::ExplicitRoutes::kKeysFieldNumber, key);
  };
  field_counter all;
  put(all);
  char* const encoded = arena.room(all.size);
  field_writer out{encoded};
  put(out);
  return {encoded, all.size};
}

}  // namespace millrace::exchange
