#include "wire/envelope_bytes.hpp"

#include "millrace/envelope.pb.h"
#include "wire/field_writer.hpp"

namespace millrace {
namespace {

using message = v1::Envelope;

std::size_t size_of(const header& one) {
  field_counter inner;
  if (!one.name.empty()) inner.bytes(v1::Header::kNameFieldNumber, one.name);
  if (!one.value.empty()) inner.bytes(v1::Header::kValueFieldNumber, one.value);
  return inner.size;
}

std::size_t size_of(const explicit_routes& routes) {
  field_counter inner;
  for (const auto& key : routes) inner.bytes(v1::ExplicitRoutes::kKeysFieldNumber, key.text());
  return inner.size;
}

/// In order of field numbers, as Protobuf does it.
template <class Sink>
void put(const envelope_fields& from, Sink& to) {
  const auto text = [&](int field, std::string_view value) {
    if (!value.empty()) to.bytes(field, value);
  };
  text(message::kIdFieldNumber, from.id);
  text(message::kContentTypeFieldNumber, from.content_type);
  if (from.cause) to.number(message::kCauseFieldNumber, from.cause->value);
  text(message::kCorrelationIdFieldNumber, from.correlation_id);
  text(message::kUserFieldNumber, from.user);
  if (from.due) {
    const auto micros = from.due->time_since_epoch().count();
    to.number(message::kDueFieldNumber, static_cast<std::uint64_t>(micros));
  }
  text(message::kEmitterFieldNumber, from.emitter);
  if (from.ordinal != 0) to.number(message::kOrdinalFieldNumber, from.ordinal);
  if (from.depth != 0) to.number(message::kDepthFieldNumber, from.depth);
  for (const auto& one : from.headers) {
    to.begin(message::kHeadersFieldNumber, size_of(one));
    if (!one.name.empty()) to.bytes(v1::Header::kNameFieldNumber, one.name);
    if (!one.value.empty()) to.bytes(v1::Header::kValueFieldNumber, one.value);
  }
  if (from.routes == nullptr) return;
  to.begin(message::kRoutesFieldNumber, size_of(*from.routes));
  for (const auto& key : *from.routes) {
    to.bytes(v1::ExplicitRoutes::kKeysFieldNumber, key.text());
  }
}

}  // namespace

envelope_fields envelope_of(const new_event& wanted) {
  return {.id = wanted.id,
          .content_type = wanted.content_type,
          .cause = wanted.cause,
          .correlation_id = wanted.correlation_id,
          .user = wanted.user,
          .due = wanted.due,
          .headers = wanted.headers,
          .routes = wanted.routes ? &*wanted.routes : nullptr};
}

std::size_t encoded_size(const envelope_fields& of) {
  field_counter all;
  put(of, all);
  return all.size;
}

char* encode(const envelope_fields& from, char* to) {
  field_writer out{to};
  put(from, out);
  return out.next;
}

std::string_view id_within(std::string_view envelope, std::size_t size) {
  if (size == 0) return {};
  return envelope.substr(field_tag_size + varint_size(size), size);
}

}  // namespace millrace
