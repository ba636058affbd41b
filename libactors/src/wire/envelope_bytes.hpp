/// Envelopes as bytes, without making messages of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "millrace/event.hpp"

namespace millrace {

/// What there is to say in an envelope. Views; texts are UTF-8. The firing of a timer says more,
/// and is written as a message.
struct envelope_fields {
  std::string_view id = {};
  std::string_view content_type = {};
  std::optional<position> cause = {};
  std::string_view correlation_id = {};
  std::string_view user = {};
  std::optional<timestamp> due = {};
  std::string_view emitter = {};
  std::uint32_t ordinal = 0;
  std::uint32_t depth = 0;
  std::span<const header> headers = {};
  const explicit_routes* routes = nullptr;  ///< null: none are given
};

[[nodiscard]] envelope_fields envelope_of(const new_event& wanted);

/// Bytes of the envelope; 0 when there is nothing to say. At most 2 GiB, as of any message.
[[nodiscard]] std::size_t encoded_size(const envelope_fields& of);
/// Writes what v1::Envelope would be written as, byte for byte, to `to`, which has room for
/// encoded_size(). Returns the end of it.
char* encode(const envelope_fields& from, char* to);
/// Where in an encoded envelope its id is; empty when `size` is 0.
[[nodiscard]] std::string_view id_within(std::string_view envelope, std::size_t size);

}  // namespace millrace
