/// The members of JSON objects as they are written, so that what is kept stays to the letter.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"

namespace millrace::service {

struct member {
  std::string name;
  std::string_view value;  ///< as it is written
};

/// Views into `text`. Errors: invalid (no JSON, no UTF-8, too deep, no object, a name twice).
[[nodiscard]] result<std::vector<member>> members_of(std::string_view text);

/// The values of an array, or the one value that is none. `text` is JSON. Errors: those of `visit`.
result<void> each_value(std::string_view text,
                        const std::function<result<void>(std::string_view value)>& visit);

/// Errors: invalid (no JSON, no UTF-8, too deep).
result<void> check_json(std::string_view text);

/// Errors: invalid, named by the member.
[[nodiscard]] result<std::string> text_of(const member& of);
[[nodiscard]] result<std::uint64_t> number_of(const member& of);

}  // namespace millrace::service
