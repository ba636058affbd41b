/// What a client of the monitor asks for. Pure.
#pragma once

#include <string>

#include "millrace/result.hpp"
#include "service/call.hpp"
#include "service/flow_board.hpp"

namespace millrace::service {

/// Errors: invalid.
[[nodiscard]] result<view_wish> parse_view(std::string_view message);
/// The same in an address: `type`, `status`, `contains`, `limit`. Errors: invalid.
[[nodiscard]] result<view_wish> view_of(const call& asked);
/// As a snapshot shows it.
[[nodiscard]] std::string json_of(const view_wish& view);

}  // namespace millrace::service
