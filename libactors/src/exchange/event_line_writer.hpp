/// The lines of millrace's own export, written. docs/formats/events.md
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "millrace/envelope.pb.h"
#include "store/store.hpp"

namespace millrace::exchange {

class json_line;

/// Re-uses its memory from line to line. Pure; one thread.
class event_line_writer {
 public:
  event_line_writer();
  ~event_line_writer();

  /// Appends the line and its break. False: the type's name is no text, the store is damaged.
  [[nodiscard]] bool write(const event_row& row, std::string& to);

 private:
  void write_envelope(std::string& to) const;
  void write_payload(const event_row& row, std::string& to);
  [[nodiscard]] bool is_whole(std::string_view encoded);

  std::unique_ptr<json_line> checked_;
  v1::Envelope envelope_;  // of the present row
  std::string again_;
};

}  // namespace millrace::exchange
