/// A line's members by type: each getter says what is wrong, by the member's name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exchange/json_line.hpp"
#include "millrace/envelope.pb.h"
#include "millrace/types.hpp"

namespace millrace::exchange {

using json_value = simdjson::dom::element;

/// A member that may be missing; null counts as missing.
using maybe_value = std::optional<json_value>;

/// Whether a type may be one of millrace's own.
enum class names : std::uint8_t { from_outside, also_own };

/// What is wrong with a line; collects the first problem. Getters return whether all is well.
class complaint {
 public:
  /// Always false.
  bool say(std::string why) {
    why_ = std::move(why);
    return false;
  }
  [[nodiscard]] const std::string& why() const { return why_; }

  /// Missing is an error.
  bool need_text(std::string_view name, const maybe_value& value, std::string_view& into);
  bool need_position(std::string_view name, const maybe_value& value, position& into);
  bool need_time(std::string_view name, const maybe_value& value, timestamp& into);
  /// Missing leaves `into` as it is.
  bool take_text(std::string_view name, const maybe_value& value, std::string_view& into);
  bool take_flag(std::string_view name, const maybe_value& value, bool& into);
  bool take_number(std::string_view name, const maybe_value& value, std::uint32_t& into);
  bool take_position(std::string_view name, const maybe_value& value,
                     std::optional<position>& into);
  /// ISO 8601, or whole microseconds.
  bool take_time(std::string_view name, const maybe_value& value, std::optional<timestamp>& into);
  bool take_array(std::string_view name, const maybe_value& value,
                  std::optional<simdjson::dom::array>& into);
  bool take_object(std::string_view name, const maybe_value& value,
                   std::optional<simdjson::dom::object>& into);

  // What an event may be: limits.hpp.
  bool check_type_name(std::string_view type, names may_be);
  bool check_flow_type(std::string_view type);
  bool check_key(std::string_view key);
  bool check_cause(const v1::Envelope& envelope, position at);
  bool check_size(std::string_view what, std::size_t size, std::size_t size_max);

 private:
  bool missing(std::string_view name);
  bool wrong(std::string_view name, std::string_view wanted, const json_value& value);

  std::string why_;
};

/// Whether only millrace itself gives events such names.
[[nodiscard]] bool is_own_type(std::string_view type);

/// None when it is null.
[[nodiscard]] inline maybe_value present(json_value value) {
  return value.is_null() ? std::nullopt : maybe_value{value};
}

}  // namespace millrace::exchange
