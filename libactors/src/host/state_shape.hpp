/// Two stored states of a query, read as one message.
#pragma once

#include <google/protobuf/message.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"

namespace millrace {

/// Knows how to read the states of two builds so that they can be compared: as the message of the
/// newest version, when the fields that it shares with what they were written as are of one type;
/// else by field number. One thread.
class state_shape {
 public:
  /// `newest`: null when the program does not have it. `fingerprints` of what both builds wrote.
  state_shape(const google::protobuf::Message* newest,
              std::array<std::string_view, 2> fingerprints);

  [[nodiscard]] bool by_number() const { return by_number_; }

  struct stored {
    std::string_view bytes;
    bool is_json = false;  ///< text, as it was imported
  };
  /// Paths of the fields that differ, ascending; empty: equal. Errors: undecodable.
  [[nodiscard]] result<std::vector<std::string>> compare(const stored& one,
                                                         const stored& other) const;
  /// JSON, or by number Protobuf's text format; none: too long, or it does not decode.
  [[nodiscard]] std::optional<std::string> shown(const stored& one) const;

 private:
  result<void> read(const stored& one, google::protobuf::Message& into) const;

  bool by_number_;
  const google::protobuf::Message& prototype_;
};

}  // namespace millrace
