/// The target of a request: names of any UTF-8 in, out, and nothing else. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"
#include "service/message.hpp"

namespace millrace::service {

/// A target taken apart. Segments are split before they are decoded, so that a `%2F` is part of a
/// name; `.`, `..` and empty segments mean nothing special.
struct url {
  std::vector<std::string> path;  ///< `/a/b/` has three, the last one empty
  std::vector<field> query;       ///< in order; `+` is a space there
};
/// Errors: invalid (no path, an escape that is none, bytes that are not UTF-8).
[[nodiscard]] result<url> parse_url(std::string_view target);

/// As one segment of a path, or one value of a query.
[[nodiscard]] std::string escaped(std::string_view name);

}  // namespace millrace::service
