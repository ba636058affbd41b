#include "exchange/event_line_writer.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/time_text.hpp"
#include "base/utf8.hpp"
#include "exchange/json_line.hpp"
#include "exchange/json_text.hpp"
#include "millrace/event.hpp"

namespace millrace::exchange {

namespace {

void append_member(std::string& to, std::string_view name) {
  to.append(",\"").append(name).append("\":");
}

void append_text(std::string& to, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  append_member(to, name);
  append_json_string(to, text);
}

void append_number(std::string& to, std::string_view name, std::uint64_t number) {
  append_member(to, name);
  fmt::format_to(std::back_inserter(to), "{}", number);
}

/// As text when that can be read back, else as a number.
void append_time(std::string& to, std::string_view name, timestamp time) {
  append_member(to, name);
  const auto text = to_text(time);
  if (parse_time(text) == time) {
    to.append(1, '"').append(text).append(1, '"');
  } else {
    fmt::format_to(std::back_inserter(to), "{}", time.time_since_epoch().count());
  }
}

bool all_text(const v1::Envelope& envelope) {
  bool fine = true;
  for (const auto& key : envelope.routes().keys()) fine = fine && is_utf8(key);
  return fine;  // the other texts are Protobuf strings, which do not parse otherwise
}

}  // namespace

event_line_writer::event_line_writer() : checked_(std::make_unique<json_line>()) {}

event_line_writer::~event_line_writer() = default;

bool event_line_writer::write(const event_row& row, std::string& to) {
  if (!is_utf8(row.type)) return false;
  fmt::format_to(std::back_inserter(to), "{{\"position\":{}", row.at.value);
  append_text(to, "type", row.type);
  append_time(to, "time", row.time);
  if (is_whole(row.envelope)) {
    write_envelope(to);
  } else {
    append_member(to, "envelope");
    to.push_back('"');
    append_base64(to, row.envelope);
    to.push_back('"');
  }
  write_payload(row, to);
  to.append("}\n");
  return true;
}

/// Whether the members of a line say all that the envelope says, so that reading them comes to the
/// same bytes. Parses it.
bool event_line_writer::is_whole(std::string_view encoded) {
  const bool parsed = envelope_.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()));
  if (!parsed) {
    envelope_.Clear();
    return false;
  }
  if (!all_text(envelope_)) return false;
  envelope_.DiscardUnknownFields();
  again_.clear();
  return envelope_.AppendToString(&again_) && again_ == encoded;
}

void event_line_writer::write_envelope(std::string& to) const {
  const auto& from = envelope_;
  append_text(to, "id", from.id());
  if (from.has_cause()) append_number(to, "cause", from.cause());
  append_text(to, "correlation", from.correlation_id());
  append_text(to, "user", from.user());
  if (from.has_due()) append_time(to, "due", timestamp{duration{from.due()}});
  if (from.from_schedule()) to.append(",\"from_schedule\":true");
  append_text(to, "emitter", from.emitter());
  if (from.ordinal() != 0) append_number(to, "ordinal", from.ordinal());
  if (from.depth() != 0) append_number(to, "depth", from.depth());
  if (from.has_timer()) {
    to.append(",\"timer\":{\"flow\":");
    append_json_string(to, from.timer().flow());
    append_number(to, "cause", from.timer().cause());
    to.push_back('}');
  }
  for (int i = 0; i < from.headers_size(); ++i) {
    to.append(i == 0 ? ",\"headers\":[{\"name\":" : ",{\"name\":");
    append_json_string(to, from.headers(i).name());
    append_member(to, "value");
    append_json_string(to, from.headers(i).value());
    to.append(i + 1 == from.headers_size() ? "}]" : "}");
  }
  if (from.has_routes()) {
    to.append(",\"routes\":[");
    for (int i = 0; i < from.routes().keys_size(); ++i) {
      if (i > 0) to.push_back(',');
      append_json_string(to, from.routes().keys(i));
    }
    to.push_back(']');
  }
  append_text(to, "content_type", from.content_type());
}

void event_line_writer::write_payload(const event_row& row, std::string& to) {
  if (envelope_.content_type() == content_type_json && checked_->can_carry(row.payload)) {
    append_member(to, "data");
    to.append(row.payload);
    return;
  }
  to.append(",\"encoding\":\"base64\",\"data\":\"");
  append_base64(to, row.payload);
  to.push_back('"');
}

}  // namespace millrace::exchange
