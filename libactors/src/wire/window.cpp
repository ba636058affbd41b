#include "wire/window.hpp"

#include <google/protobuf/util/json_util.h>

#include <cstring>
#include <limits>
#include <utility>

namespace millrace {
namespace {

struct alignas(envelope_view) envelope_room {
  std::byte bytes[sizeof(envelope_view)];
};

bool parse(std::string_view bytes, google::protobuf::MessageLite& into) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return false;
  return into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

bool decode_payload(std::string_view content_type, std::string_view payload,
                    google::protobuf::Message& body) {
  if (content_type.empty()) return parse(payload, body);
  if (content_type != content_type_json) return false;
  // What is recorded stays readable when a field is dropped from the message later on.
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  return google::protobuf::util::JsonStringToMessage({payload.data(), payload.size()}, &body,
                                                     options)
      .ok();
}

window_builder::window_builder(const type_registry& types, position begin)
    : types_(types), made_(std::make_shared<window>()) {
  made_->begin_ = begin;
}

void window_builder::add(position at, std::string_view type, timestamp time,
                         std::string_view payload, std::string_view envelope) {
  const auto known = this->known(type);
  auto& one = made_->events_.emplace_back();
  one.at = at;
  one.type = known.prototype != nullptr ? known.name : kept(type);
  one.time = time;
  one.payload = kept(payload);
  one.envelope = &empty_envelope();
  const auto* whole = envelope.empty() ? one.envelope : read(envelope);
  if (whole != nullptr) one.envelope = whole;
  // A body whose envelope is lost would reach handlers with the wrong content type, emitter and
  // cause.
  if (whole != nullptr && known.prototype != nullptr) {
    one.body = decode(*known.prototype, one);
  }
  made_->encoded_size_ += type.size() + payload.size() + envelope.size();
}

type_registry::known_type window_builder::known(std::string_view type) {
  constexpr std::size_t types_max = 8;
  for (const auto& one : recent_) {
    if (one.name == type) return one;
  }
  const auto found = types_.lookup(type);
  if (found.prototype == nullptr) return found;
  if (recent_.size() == types_max) recent_.pop_back();
  return recent_.emplace_back(found);
}

/// Null: it is no such message.
const google::protobuf::Message* window_builder::decode(const google::protobuf::Message& prototype,
                                                        const event& what) {
  const bool is_short = what.payload.size() <= body_pool::payload_size_max;
  const bool reuses = made_->bodies_ && is_short && what.content_type().empty();
  auto* const body = reuses ? &made_->bodies_->next(prototype, what.payload.size())
                            : prototype.New(&made_->arena_);
  return decode_payload(what.content_type(), what.payload, *body) ? body : nullptr;
}

/// Null: it is damaged.
const envelope_view* window_builder::read(std::string_view encoded) {
  // Not Create(): that clears it first, and costs more than to read one.
  auto* const room = google::protobuf::Arena::CreateArray<envelope_room>(&made_->arena_, 1);
  auto* const made = new (room) envelope_view;
  if (read_usual(kept(encoded), *made)) return made;
  if (!rewrite(encoded, rewritten_)) return nullptr;
  read_rewritten(copy(rewritten_), *made);
  return made;
}

void window_builder::hold(std::shared_ptr<const void> owner) {
  holds_ = owner != nullptr;
  if (holds_) made_->held_.push_back(std::move(owner));
}

std::shared_ptr<const window> window_builder::finish(position end) {
  made_->end_ = end;
  return std::exchange(made_, nullptr);
}

std::string_view window_builder::copy(std::string_view text) {
  if (text.empty()) return {};
  auto* bytes = google::protobuf::Arena::CreateArray<char>(&made_->arena_, text.size());
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

}  // namespace millrace
