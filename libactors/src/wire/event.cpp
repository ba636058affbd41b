#include "millrace/event.hpp"

#include "millrace/envelope.pb.h"
#include "wire/envelope_view.hpp"

namespace millrace {

std::string_view event::id() const { return envelope->id; }

std::string_view event::content_type() const { return envelope->content_type; }

std::optional<position> event::cause() const { return envelope->cause; }

std::string_view event::correlation_id() const { return envelope->correlation_id; }

std::string_view event::user() const { return envelope->user; }

std::optional<timestamp> event::due() const { return envelope->due; }

bool event::from_schedule() const { return envelope->from_schedule; }

std::string_view event::emitter() const { return envelope->emitter; }

std::uint32_t event::ordinal() const { return envelope->ordinal; }

std::uint32_t event::depth() const { return envelope->depth; }

std::vector<header> event::headers() const {
  std::vector<header> all;
  for (const auto encoded : envelope->headers()) {
    v1::Header one;
    one.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()));
    all.push_back({one.name(), one.value()});
  }
  return all;
}

std::optional<explicit_routes> event::routes() const {
  if (!envelope->has_routes) return std::nullopt;
  explicit_routes keys;
  for (const auto key : envelope->keys()) keys.push_back(flow_key::parse(std::string{key}));
  return keys;
}

}  // namespace millrace
