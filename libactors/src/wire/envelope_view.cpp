#include "wire/envelope_view.hpp"

#include <array>
#include <limits>
#include <new>
#include <span>
#include <utility>

#include "base/invariant.hpp"
#include "base/utf8.hpp"
#include "millrace/envelope.pb.h"

namespace millrace {
namespace {

enum class kind : std::uint8_t { unknown, number, text, bytes, message };

using v1::Envelope;

// By field number, as in proto/millrace/envelope.proto.
constexpr std::array envelope_kinds{kind::unknown, kind::text,   kind::text,   kind::number,
                                    kind::text,    kind::text,   kind::number, kind::number,
                                    kind::text,    kind::number, kind::number, kind::message,
                                    kind::message, kind::message};
constexpr std::array header_kinds{kind::unknown, kind::text, kind::text};
constexpr std::array routes_kinds{kind::unknown, kind::bytes};
constexpr std::array timer_kinds{kind::unknown, kind::text, kind::number};

constexpr unsigned number_size_max = 10;

/// False: it does not end, or has bits that no number has.
bool take_number(std::string_view& in, std::uint64_t& value) {
  if (!in.empty() && static_cast<std::uint8_t>(in.front()) < 0x80) [[likely]] {
    value = static_cast<std::uint8_t>(in.front());
    in.remove_prefix(1);
    return true;
  }
  value = 0;
  for (unsigned used = 0; used < number_size_max && used < in.size(); ++used) {
    const auto byte = static_cast<std::uint8_t>(in[used]);
    if (used + 1 == number_size_max && byte > 1) return false;
    value |= static_cast<std::uint64_t>(byte & 0x7fu) << (7 * used);
    if (byte >= 0x80) continue;
    in.remove_prefix(used + 1);
    return true;
  }
  return false;
}

struct field {
  std::uint32_t number = 0;
  std::uint64_t value = 0;
  std::string_view bytes;
};

enum class text { is_checked, is_trusted };

/// False: not of the usual shape.
bool take_field(std::string_view& in, std::span<const kind> kinds, text how, field& taken) {
  const auto tag = static_cast<std::uint8_t>(in.front());
  in.remove_prefix(1);
  taken.number = tag >> 3;
  if (tag >= 0x80 || taken.number >= kinds.size()) return false;
  const auto what = kinds[taken.number];
  const bool is_number = what == kind::number;
  if (what == kind::unknown || (tag & 7u) != (is_number ? 0u : 2u)) return false;
  if (!take_number(in, taken.value)) return false;
  if (is_number) return true;
  if (taken.value > in.size()) return false;
  taken.bytes = in.substr(0, static_cast<std::size_t>(taken.value));
  in.remove_prefix(taken.bytes.size());
  return what != kind::text || how == text::is_trusted || is_utf8(taken.bytes);
}

bool is_usual(std::string_view message, std::span<const kind> kinds, text how) {
  for (field one; !message.empty();) {
    if (!take_field(message, kinds, how, one)) return false;
  }
  return true;
}

bool take_timer(std::string_view message, text how, envelope_view& into) {
  into.has_timer = true;
  for (field one; !message.empty();) {
    if (!take_field(message, timer_kinds, how, one)) return false;
    if (one.number == v1::Timer::kFlowFieldNumber) into.timer_flow = one.bytes;
    if (one.number == v1::Timer::kCauseFieldNumber) into.timer_cause = one.value;
  }
  return true;
}

/// False: a message that stands there twice, which Protobuf would merge, or that is not usual.
bool take_message(const field& one, text how, envelope_view& into) {
  switch (one.number) {
    case Envelope::kHeadersFieldNumber: return is_usual(one.bytes, header_kinds, how);
    case Envelope::kRoutesFieldNumber:
      if (std::exchange(into.has_routes, true)) return false;
      into.encoded_routes = one.bytes;
      return is_usual(one.bytes, routes_kinds, how);
    default: return !into.has_timer && take_timer(one.bytes, how, into);
  }
}

/// What stands there twice: the last one counts.
void take_plain(const field& one, envelope_view& into) {
  switch (one.number) {
    case Envelope::kIdFieldNumber: into.id = one.bytes; break;
    case Envelope::kContentTypeFieldNumber: into.content_type = one.bytes; break;
    case Envelope::kCauseFieldNumber: into.cause = position{one.value}; break;
    case Envelope::kCorrelationIdFieldNumber: into.correlation_id = one.bytes; break;
    case Envelope::kUserFieldNumber: into.user = one.bytes; break;
    case Envelope::kDueFieldNumber:
      into.due = timestamp{duration{static_cast<std::int64_t>(one.value)}};
      break;
    case Envelope::kFromScheduleFieldNumber: into.from_schedule = one.value != 0; break;
    case Envelope::kEmitterFieldNumber: into.emitter = one.bytes; break;
    case Envelope::kOrdinalFieldNumber: into.ordinal = static_cast<std::uint32_t>(one.value); break;
    default: into.depth = static_cast<std::uint32_t>(one.value);
  }
}

bool read(std::string_view encoded, text how, envelope_view& into) {
  new (&into)
      envelope_view;  // an assignment clears it word by word, which takes as long as the rest
  into.encoded = encoded;
  for (field one; !encoded.empty();) {
    if (!take_field(encoded, envelope_kinds, how, one)) return false;
    if (envelope_kinds[one.number] != kind::message) {
      take_plain(one, into);
    } else if (!take_message(one, how, into)) {
      return false;
    }
  }
  return true;
}

}  // namespace

void encoded_fields::iterator::find() {
  found_ = false;
  while (!found_ && !left_.empty()) {
    const auto tag = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    std::uint64_t value = 0;
    MILLRACE_INVARIANT(take_number(left_, value));
    if ((tag & 7u) == 0) continue;
    bytes_ = left_.substr(0, value);
    left_.remove_prefix(bytes_.size());
    found_ = tag >> 3 == wanted_;
  }
}

encoded_fields envelope_view::keys() const {
  return {encoded_routes, v1::ExplicitRoutes::kKeysFieldNumber};
}

encoded_fields envelope_view::headers() const { return {encoded, Envelope::kHeadersFieldNumber}; }

bool read_usual(std::string_view encoded, envelope_view& into) {
  return read(encoded, text::is_checked, into);
}

bool rewrite(std::string_view encoded, std::string& usual) {
  Envelope parsed;
  if (encoded.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return false;
  if (!parsed.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) return false;
  parsed.DiscardUnknownFields();
  return parsed.SerializeToString(&usual);
}

void read_rewritten(std::string_view usual, envelope_view& into) {
  MILLRACE_INVARIANT(read(usual, text::is_trusted, into));
}

const envelope_view& empty_envelope() {
  static const envelope_view empty;
  return empty;
}

}  // namespace millrace
