// What may be appended: type_registry::check and its rules.
#include <fmt/format.h>
#include <google/protobuf/arena.h>

#include <unordered_map>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "wire/json.hpp"
#include "wire/type_registry.hpp"
#include "wire/window.hpp"

namespace millrace {
namespace {

constexpr std::string_view system_prefix = "millrace.";

error refuse(errc code, std::string message) { return {code, std::move(message)}; }

result<void> check_type_name(std::string_view type) {
  if (type.empty()) return refuse(errc::invalid, "an event needs a type");
  if (type.size() > limits::type_name_size_max) {
    return refuse(errc::too_large, fmt::format("a type name of {} bytes; the limit is {}",
                                               type.size(), limits::type_name_size_max));
  }
  if (!is_utf8(type)) return refuse(errc::invalid, "the type name is not valid UTF-8");
  if (type.starts_with(system_prefix)) {
    return refuse(errc::invalid,
                  fmt::format("{}: type names that begin with \"{}\" are the system's own", type,
                              system_prefix));
  }
  return {};
}

result<void> check_text(std::string_view what, std::string_view text) {
  if (is_utf8(text)) return {};
  return refuse(errc::invalid, fmt::format("the {} is not valid UTF-8", what));
}

result<void> check_envelope(const new_event& wanted) {
  if (wanted.id.size() > limits::event_id_size_max) {
    return refuse(errc::too_large, fmt::format("an event id of {} bytes; the limit is {}",
                                               wanted.id.size(), limits::event_id_size_max));
  }
  const std::pair<std::string_view, std::string_view> texts[] = {
      {"event id", wanted.id}, {"correlation id", wanted.correlation_id}, {"user", wanted.user}};
  for (const auto& [what, text] : texts) {
    if (auto checked = check_text(what, text); !checked) return checked;
  }
  for (const auto& one : wanted.headers) {
    if (auto checked = check_text("name of a header", one.name); !checked) return checked;
    if (auto checked = check_text("value of a header", one.value); !checked) return checked;
  }
  if (wanted.cause && wanted.cause->value > limits::position_max) {
    return refuse(errc::invalid, fmt::format("{} is no position", wanted.cause->value));
  }
  return {};
}

result<void> check_key(const flow_key& key) {
  if (key.text().size() > limits::flow_key_size_max) {
    return refuse(errc::too_large, fmt::format("a flow key of {} bytes; the limit is {}",
                                               key.text().size(), limits::flow_key_size_max));
  }
  if (!is_utf8(key.text())) return refuse(errc::invalid, "a flow key is not valid UTF-8");
  if (key.type().empty()) {
    return refuse(errc::invalid, fmt::format("the flow key \"{}\" has no type", key.text()));
  }
  return {};
}

result<void> check_routes(const explicit_routes& routes) {
  if (routes.size() > limits::routes_per_event_max) {
    return refuse(errc::too_large, fmt::format("{} routes; the limit is {}", routes.size(),
                                               limits::routes_per_event_max));
  }
  std::unordered_map<std::string_view, bool> has_ids;
  for (const auto& key : routes) {
    if (auto checked = check_key(key); !checked) return checked;
    const auto [known, fresh] = has_ids.try_emplace(key.type(), key.has_id());
    if (!fresh && known->second != key.has_id()) {
      return refuse(
          errc::invalid,
          fmt::format("{} is routed to both as a single instance and with an id", key.type()));
    }
  }
  return {};
}

result<void> check_protobuf(const new_event& wanted, const google::protobuf::Message& prototype) {
  google::protobuf::Arena arena;
  if (decode_payload({}, wanted.payload, *prototype.New(&arena))) return {};
  return refuse(errc::undecodable, fmt::format("the payload does not decode as {}", wanted.type));
}

}  // namespace

std::size_t size_of(const new_event& wanted) {
  std::size_t size = wanted.type.size() + wanted.payload.size() + wanted.content_type.size() +
                     wanted.id.size() + wanted.correlation_id.size() + wanted.user.size();
  for (const auto& one : wanted.headers) size += one.name.size() + one.value.size();
  if (wanted.routes) {
    for (const auto& key : *wanted.routes) size += key.text().size();
  }
  return size;
}

result<void> type_registry::check(const new_event& wanted, bool strict) const {
  if (auto checked = check_type_name(wanted.type); !checked) return checked;
  if (const auto size = size_of(wanted); size > limits::event_size_max) {
    return refuse(errc::too_large, fmt::format("{}: an event of {} bytes; the limit is {}",
                                               wanted.type, size, limits::event_size_max));
  }
  if (auto checked = check_envelope(wanted); !checked) return checked;
  if (wanted.routes) {
    if (auto checked = check_routes(*wanted.routes); !checked) return checked;
  }
  const auto* prototype = find(wanted.type);
  if (prototype == nullptr && strict) {
    return refuse(errc::unknown_type, fmt::format("no flow here observes {}", wanted.type));
  }
  if (wanted.content_type == content_type_json) {
    if (auto checked = check_json(wanted.payload); !checked) return checked;
    if (prototype == nullptr) return {};
    google::protobuf::Arena arena;
    return message_from_json(wanted.payload, *prototype->New(&arena));
  }
  if (!wanted.content_type.empty()) {
    return refuse(errc::invalid, fmt::format("the content type must be empty (Protobuf) or {}",
                                             content_type_json));
  }
  if (prototype != nullptr) return check_protobuf(wanted, *prototype);
  return refuse(errc::unknown_type,
                fmt::format("no flow here observes {}: its payload has to be JSON", wanted.type));
}

}  // namespace millrace
