/// Appends as the journal keeps them: ready to be written, and small.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/requests.hpp"
#include "wire/envelope_bytes.hpp"

namespace millrace {

/// A view: of the memory that encoded_append::owner holds.
struct encoded_event {
  std::string_view type;
  std::string_view payload;
  std::string_view envelope;
  std::string_view id;  ///< within the envelope; empty: none
  std::optional<timestamp> due;
};

/// What an append asks for beyond being written; see append_request.
struct append_terms {
  append_condition condition;
  position routed;
  std::optional<error> conflict;
  bool compares = false;
};

/// Made on the appending thread, which frees what it came with: the journal only looks at it, and
/// hands the same memory on to those who follow.
struct encoded_append {
  std::span<const encoded_event> events;
  std::shared_ptr<const char[]> owner;
  std::unique_ptr<const append_terms> terms;  ///< null: there are none
  /// Room for the answer, from the thread that will free it: otherwise each of a crowd of answers
  /// makes the allocator hand memory from one thread to another.
  std::vector<position> positions;
  once<result<std::vector<position>>> done;
};

/// Bytes that encode() needs.
[[nodiscard]] std::size_t encoded_size(std::span<const new_event> events);
/// `room` has encoded_size() bytes, aligned for any type, and belongs to `owner`. Takes `done`
/// over.
[[nodiscard]] encoded_append encode(append_request& from, char* room,
                                    std::shared_ptr<const char[]> owner);

}  // namespace millrace
