/// What a client of `/v1/subscribe` asks for. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"
#include "millrace/types.hpp"

namespace millrace::service {

struct subscription_wish {
  std::optional<position> from;  ///< none: the tail
  std::vector<std::string> types;
  std::string prefix;             ///< of names of types
  std::optional<flow_key> flow;   ///< events that were routed to it
  std::optional<flow_key> query;  ///< its state instead of events
  std::string etag;               ///< that the client has
  std::uint64_t credit = 0;

  [[nodiscard]] bool wants(std::string_view type) const;
};

/// What a message says. Errors: invalid.
struct subscription_message {
  std::optional<subscription_wish> wish;
  std::uint64_t credit = 0;  ///< more of it, when there is no wish
};
[[nodiscard]] result<subscription_message> parse_subscription(std::string_view message);

}  // namespace millrace::service
