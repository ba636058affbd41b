/// Which endpoint a request is for. Pure.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "service/call.hpp"

namespace millrace::service {

struct route {
  const endpoint* to = nullptr;
  url where;
  std::vector<field> variables;
};
/// Or what to answer: 400 (no address; an argument that the endpoint does not have, or twice), 404,
/// 405 with Allow. HEAD goes where GET does.
[[nodiscard]] std::variant<route, response> find_route(const std::vector<endpoint>& among,
                                                       const request& asked);

/// 415 when the body is of none of the types that the endpoint takes, or is missing a type.
[[nodiscard]] std::optional<response> refuse_body(const endpoint& of, const request& head);

/// The type without its parameters, in lower case.
[[nodiscard]] std::string media_type_of(const request& of);

}  // namespace millrace::service
