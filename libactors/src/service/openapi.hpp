/// The table of endpoints as OpenAPI 3.1. Pure.
#pragma once

#include <string>
#include <vector>

#include "service/call.hpp"

namespace millrace::service {

[[nodiscard]] std::string openapi_of(const std::vector<endpoint>& all, std::string_view version);

}  // namespace millrace::service
