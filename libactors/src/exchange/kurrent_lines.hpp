/// The lines of a stream database's export. docs/formats/kurrent.md
#pragma once

#include <unordered_map>

#include "exchange/kurrent_routes.hpp"
#include "exchange/members.hpp"
#include "exchange/named_types.hpp"
#include "exchange/part.hpp"
#include "exchange/quick_kurrent.hpp"
#include "millrace/envelope.pb.h"

namespace millrace::exchange {

/// Whether a line that was read is one of this format.
[[nodiscard]] bool is_kurrent(const simdjson::dom::object& line);

/// Reads one line after another into a part. Pure; one thread.
class kurrent_lines {
 public:
  /// Adds what the line says, or nothing. Answers why it is bad; none: it is read, or ignored.
  [[nodiscard]] std::optional<std::string> read(const json_line& line, position next, part& into);
  /// An event, from the bytes: `rest` begins with the line. False: nothing was added, and the line
  /// has to be parsed and read.
  [[nodiscard]] bool read_quickly(std::string_view line, std::string_view rest, position next,
                                  part& into) {
    return quick_.read(line, rest, next, into, types_);
  }
  /// What comes lies elsewhere: before the first line of a text.
  void begin_text() { quick_.forget(); }
  /// What comes goes into another part.
  void end_part() {
    checkpoints_.clear();
    types_.clear();
  }

 private:
  struct members;

  bool read_event(const json_line& line, const members& has, position next, part& into);
  void begin_envelope();
  bool read_metadata(const simdjson::dom::object& metadata);
  bool read_checkpoint(const json_line& line, const members& has, std::string_view flow,
                       part& into);
  bool read_progress(const simdjson::dom::object& metadata, v1::Checkpoint& into);

  complaint wrong_;
  kurrent_routes routes_;
  quick_kurrent quick_;
  named_types types_;
  v1::Envelope envelope_;  // of the present line, without what all have, and its routes; re-used
  std::unordered_map<std::string, std::size_t> checkpoints_;  // key -> index in the part
};

}  // namespace millrace::exchange
