#include "wire/glance.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace millrace {
namespace {

enum class kind : std::uint8_t { unknown, number, text, bytes, header, routes, timer };

constexpr std::uint32_t content_type_field = 2;
constexpr std::uint32_t cause_field = 3;
constexpr std::uint32_t due_field = 6;
constexpr std::uint32_t from_schedule_field = 7;

// By field number, as in proto/millrace/envelope.proto.
constexpr std::array envelope_kinds{
    kind::unknown, kind::text, kind::text,   kind::number, kind::text,   kind::text,   kind::number,
    kind::number,  kind::text, kind::number, kind::number, kind::header, kind::routes, kind::timer};
constexpr std::array header_kinds{kind::unknown, kind::text, kind::text};
constexpr std::array routes_kinds{kind::unknown, kind::bytes};
constexpr std::array timer_kinds{kind::unknown, kind::text, kind::number};

constexpr unsigned varint_bytes_max = 9;  // longer ones are Protobuf's business

bool take_number(std::string_view& in, std::uint64_t& value) {
  value = 0;
  for (unsigned used = 0; used < varint_bytes_max && used < in.size(); ++used) {
    const auto byte = static_cast<std::uint8_t>(in[used]);
    value |= static_cast<std::uint64_t>(byte & 0x7fu) << (7 * used);
    if (byte >= 0x80) continue;
    in.remove_prefix(used + 1);
    return true;
  }
  return false;
}

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t tops = 0x8080808080808080u;
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), sizeof eight);
    if ((eight & tops) != 0) return false;
    text.remove_prefix(sizeof eight);
  }
  for (const char one : text) {
    if (static_cast<std::uint8_t>(one) >= 0x80) return false;
  }
  return true;
}

struct field {
  std::uint32_t number = 0;
  kind what = kind::unknown;
  std::uint64_t value = 0;
  std::string_view bytes;
};

// False: not of the usual shape.
bool take_field(std::string_view& in, std::span<const kind> kinds, field& taken) {
  const auto tag = static_cast<std::uint8_t>(in.front());
  in.remove_prefix(1);
  taken.number = tag >> 3;
  if (tag >= 0x80 || taken.number >= kinds.size()) return false;
  taken.what = kinds[taken.number];
  const bool is_number = taken.what == kind::number;
  if (taken.what == kind::unknown || (tag & 7u) != (is_number ? 0u : 2u)) return false;
  if (!take_number(in, taken.value)) return false;
  if (is_number) return true;
  if (taken.value > in.size()) return false;
  taken.bytes = in.substr(0, static_cast<std::size_t>(taken.value));
  in.remove_prefix(taken.bytes.size());
  return taken.what != kind::text || is_ascii(taken.bytes);
}

bool is_plain(std::string_view message, std::span<const kind> kinds) {
  for (field one; !message.empty();) {
    if (!take_field(message, kinds, one)) return false;
  }
  return true;
}

bool take_routes(std::string_view message, routing_fields& into) {
  into.has_routes = true;
  for (field one; !message.empty();) {
    if (!take_field(message, routes_kinds, one)) return false;
    into.keys.push_back(one.bytes);
  }
  return true;
}

void clear(routing_fields& fields) {
  auto keys = std::move(fields.keys);  // kept for its memory
  keys.clear();
  fields = {};
  fields.keys = std::move(keys);
}

}  // namespace

bool glance(std::string_view envelope, routing_fields& into) {
  clear(into);
  for (field one; !envelope.empty();) {
    if (!take_field(envelope, envelope_kinds, one)) return false;
    switch (one.what) {
      case kind::header:
        if (!is_plain(one.bytes, header_kinds)) return false;
        break;
      case kind::timer:
        if (!is_plain(one.bytes, timer_kinds)) return false;
        break;
      case kind::routes:
        if (!take_routes(one.bytes, into)) return false;
        break;
      default:
        if (one.number == content_type_field) into.content_type = one.bytes;
        if (one.number == cause_field) into.cause = position{one.value};
        if (one.number == due_field) into.has_due = true;
        if (one.number == from_schedule_field) into.from_schedule = one.value != 0;
    }
  }
  return true;
}

void take_fields(const v1::Envelope& envelope, routing_fields& into) {
  clear(into);
  into.has_routes = envelope.has_routes();
  for (const auto& key : envelope.routes().keys()) into.keys.emplace_back(key);
  if (envelope.has_cause()) into.cause = position{envelope.cause()};
  into.has_due = envelope.has_due();
  into.from_schedule = envelope.from_schedule();
  into.content_type = envelope.content_type();
}

}  // namespace millrace
