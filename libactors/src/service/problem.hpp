/// What went wrong, as RFC 9457 has it. The one place where an errc becomes a status.
#pragma once

#include <string>
#include <string_view>

#include "millrace/result.hpp"
#include "service/message.hpp"

namespace millrace::service {

[[nodiscard]] unsigned status_of(errc code);
/// As RFC 9110 names it; of those that the service answers.
[[nodiscard]] std::string_view reason_of(unsigned status);

/// `application/problem+json`: type (about:blank), title, status, detail, and as extensions the
/// name of the error and whether the same call may succeed later. With Retry-After where that is
/// so.
[[nodiscard]] response problem(const error& why);
/// With another status than the error usually has.
[[nodiscard]] response problem(unsigned status, const error& why);

}  // namespace millrace::service
