/// An envelope as it is read: views of its encoded bytes, and no message. Most events have one, and
/// most of it is looked at by nobody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/types.hpp"

namespace millrace {

/// Walks fields of bytes, one number, that lie in a message in their order. Of bytes that were read
/// before, and found whole.
class encoded_fields {
 public:
  class iterator {
   public:
    iterator(std::string_view left, std::uint32_t wanted) : left_(left), wanted_(wanted) { find(); }
    std::string_view operator*() const { return bytes_; }
    iterator& operator++() {
      find();
      return *this;
    }
    friend bool operator==(const iterator& one, std::nullptr_t) { return !one.found_; }

   private:
    void find();
    std::string_view left_, bytes_;
    std::uint32_t wanted_;
    bool found_ = false;
  };
  encoded_fields(std::string_view message, std::uint32_t number)
      : message_(message), number_(number) {}
  [[nodiscard]] iterator begin() const { return {message_, number_}; }
  [[nodiscard]] static std::nullptr_t end() { return nullptr; }

 private:
  std::string_view message_;
  std::uint32_t number_;
};

/// As proto/millrace/envelope.proto has it. Views of the bytes it was read from.
struct envelope_view {
  std::string_view id;
  std::string_view content_type;
  std::string_view correlation_id;
  std::string_view user;
  std::string_view emitter;
  std::optional<position> cause;
  std::optional<timestamp> due;
  std::uint32_t ordinal = 0;
  std::uint32_t depth = 0;
  bool from_schedule = false;
  bool has_routes = false;
  bool has_timer = false;
  std::string_view timer_flow;
  std::uint64_t timer_cause = 0;
  std::string_view encoded;         ///< all of it
  std::string_view encoded_routes;  ///< a v1::ExplicitRoutes

  /// Keys of the explicit routes.
  [[nodiscard]] encoded_fields keys() const;
  /// Encoded v1::Headers.
  [[nodiscard]] encoded_fields headers() const;
  /// A schedule entry: it is there to fire later, and reaches nobody by its type.
  [[nodiscard]] bool is_entry() const { return due.has_value() && !from_schedule; }
};

/// Reads an encoded envelope of the usual shape. False: it is not of that shape, and Protobuf has
/// to say what it is: fields that are not known here, what is there twice, damage. What is accepted
/// here, Protobuf reads alike.
[[nodiscard]] bool read_usual(std::string_view encoded, envelope_view& into);
/// Brings any other envelope into that shape. False: it is damaged.
[[nodiscard]] bool rewrite(std::string_view encoded, std::string& usual);
/// Reads what rewrite() made.
void read_rewritten(std::string_view usual, envelope_view& into);

/// The shared empty one.
[[nodiscard]] const envelope_view& empty_envelope();

}  // namespace millrace
