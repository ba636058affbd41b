#include "exchange/members.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "base/utf8.hpp"
#include "wire/system_events.hpp"

namespace millrace::exchange {

namespace {

constexpr std::size_t shown_size_max = 80;
constexpr std::string_view own_prefix = "millrace.";

std::string shown(const json_value& value) {
  const auto text = simdjson::minify(value);
  const auto cut = to_utf8(text, shown_size_max);
  return cut.size() < text.size() ? cut + "…" : cut;
}

}  // namespace

bool is_own_type(std::string_view type) { return type.starts_with(own_prefix); }

bool complaint::missing(std::string_view name) { return say(fmt::format("it has no {}", name)); }

bool complaint::wrong(std::string_view name, std::string_view wanted, const json_value& value) {
  return say(fmt::format("{} must be {}, and is {}", name, wanted, shown(value)));
}

bool complaint::need_text(std::string_view name, const maybe_value& value, std::string_view& into) {
  return value ? take_text(name, value, into) : missing(name);
}

bool complaint::take_text(std::string_view name, const maybe_value& value, std::string_view& into) {
  if (!value || value->get(into) == simdjson::SUCCESS) return true;
  return wrong(name, "a string", *value);
}

bool complaint::need_position(std::string_view name, const maybe_value& value, position& into) {
  std::optional<position> found;
  if (!take_position(name, value, found)) return false;
  if (!found) return missing(name);
  into = *found;
  return true;
}

bool complaint::take_position(std::string_view name, const maybe_value& value,
                              std::optional<position>& into) {
  if (!value) return true;
  std::uint64_t number = 0;
  if (value->get(number) != simdjson::SUCCESS || number > limits::position_max) {
    return wrong(name, "a whole number from 0 to 2^53 - 1", *value);
  }
  into = position{number};
  return true;
}

bool complaint::take_number(std::string_view name, const maybe_value& value, std::uint32_t& into) {
  std::uint64_t number = 0;
  if (!value) return true;
  if (value->get(number) != simdjson::SUCCESS || number > UINT32_MAX) {
    return wrong(name, "a whole number below 2^32", *value);
  }
  into = static_cast<std::uint32_t>(number);
  return true;
}

bool complaint::take_flag(std::string_view name, const maybe_value& value, bool& into) {
  if (!value || value->get(into) == simdjson::SUCCESS) return true;
  return wrong(name, "true or false", *value);
}

bool complaint::need_time(std::string_view name, const maybe_value& value, timestamp& into) {
  std::optional<timestamp> found;
  if (!take_time(name, value, found)) return false;
  if (!found) return missing(name);
  into = *found;
  return true;
}

bool complaint::take_time(std::string_view name, const maybe_value& value,
                          std::optional<timestamp>& into) {
  if (!value) return true;
  std::int64_t micros = 0;
  if (value->get(micros) == simdjson::SUCCESS) {
    into = timestamp{duration{micros}};
    return true;
  }
  std::string_view text;
  if (value->get(text) == simdjson::SUCCESS) into = parse_time(text);
  return into ? true : wrong(name, "a time such as 2025-01-31T09:15:00.250000Z", *value);
}

bool complaint::take_array(std::string_view name, const maybe_value& value,
                           std::optional<simdjson::dom::array>& into) {
  if (!value) return true;
  simdjson::dom::array found;
  if (value->get(found) != simdjson::SUCCESS) return wrong(name, "an array", *value);
  into = found;
  return true;
}

bool complaint::take_object(std::string_view name, const maybe_value& value,
                            std::optional<simdjson::dom::object>& into) {
  if (!value) return true;
  simdjson::dom::object found;
  if (value->get(found) != simdjson::SUCCESS) return wrong(name, "an object", *value);
  into = found;
  return true;
}

bool complaint::check_cause(const v1::Envelope& envelope, position at) {
  if (!envelope.has_cause() || envelope.cause() < at.value) return true;
  return say(fmt::format("its cause, {}, is not before it", envelope.cause()));
}

bool complaint::check_size(std::string_view what, std::size_t size, std::size_t size_max) {
  if (size <= size_max) return true;
  return say(fmt::format("{} of {} bytes; the limit is {}", what, size, size_max));
}

bool complaint::check_type_name(std::string_view type, names may_be) {
  if (type.empty()) return say("its type is empty");
  const bool is_own = may_be == names::also_own && type == timers_cancelled_type;
  if (is_own_type(type) && !is_own) {
    return say(fmt::format("{}: type names that begin with \"{}\" are millrace's own",
                           to_utf8(type, shown_size_max), own_prefix));
  }
  return check_size("a type name", type.size(), limits::type_name_size_max);
}

bool complaint::check_flow_type(std::string_view type) {
  if (type.empty()) return say("the name of a flow type is empty");
  if (type.find('|') == type.npos) return true;
  return say(fmt::format("the flow type \"{}\" holds a |, which ends a type's name",
                         to_utf8(type, shown_size_max)));
}

bool complaint::check_key(std::string_view key) {
  if (key.empty() || key.front() == '|') {
    return say(fmt::format("the flow key \"{}\" has no type", to_utf8(key, shown_size_max)));
  }
  return check_size("a flow key", key.size(), limits::flow_key_size_max);
}

}  // namespace millrace::exchange
