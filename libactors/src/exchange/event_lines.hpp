/// The lines of millrace's own export, read. docs/formats/events.md
#pragma once

#include "exchange/members.hpp"
#include "exchange/named_types.hpp"
#include "exchange/part.hpp"
#include "millrace/envelope.pb.h"

namespace millrace::exchange {

/// Whether a line that was read is one of this format.
[[nodiscard]] bool is_event_line(const simdjson::dom::object& line);

/// Reads one line after another into a part. Pure; one thread.
class event_lines {
 public:
  /// Adds the event, or nothing. Answers why the line is bad; none: it is read.
  [[nodiscard]] std::optional<std::string> read(const json_line& line, position next, part& into);
  /// What comes goes into another part.
  void end_part() { types_.clear(); }

 private:
  struct members;

  bool read_event(const json_line& line, position next, part& into);
  bool read_envelope(const members& has, part& into, event_row& row);
  bool read_raw_envelope(const members& has, part& into, event_row& row);
  bool read_texts(const members& has);
  bool read_emitter(const members& has);
  bool read_timer(const json_value& timer);
  bool read_headers(const simdjson::dom::array& headers);
  bool read_routes(const simdjson::dom::array& routes);
  bool read_payload(const json_line& line, const members& has, part& into, event_row& row);
  bool check_cancelled(const event_row& row);

  complaint wrong_;
  named_types types_;
  v1::Envelope envelope_;  // of the present line; re-used
  v1::TimersCancelled cancelled_;
};

}  // namespace millrace::exchange
