#include "service/subscription_request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/service_limits.hpp"
#include "service/json_members.hpp"

namespace millrace::service {
namespace {

constexpr std::size_t types_max = 100;

error invalid(std::string why) { return {errc::invalid, std::move(why)}; }

result<void> take_types(const member& one, subscription_wish& into) {
  return each_value(one.value, [&](std::string_view value) -> result<void> {
    auto text = text_of({.name = one.name, .value = value});
    if (!text) return text.error();
    if (into.types.size() == types_max) {
      return invalid(fmt::format("there are at most {} types", types_max));
    }
    into.types.push_back(std::move(*text));
    return {};
  });
}

result<void> take(const member& one, subscription_wish& into) {
  if (one.value == "null" || one.name == "message") return {};
  if (one.name == "types") return take_types(one, into);
  if (one.name == "from" || one.name == "credit") {
    auto number = number_of(one);
    if (!number) return number.error();
    if (one.name == "from") {
      into.from = position{*number};
    } else {
      into.credit = *number;
    }
    return {};
  }
  auto text = text_of(one);
  if (!text) return text.error();
  if (one.name == "prefix") {
    into.prefix = std::move(*text);
  } else if (one.name == "flow") {
    into.flow = flow_key::parse(std::move(*text));
  } else if (one.name == "query") {
    into.query = flow_key::parse(std::move(*text));
  } else if (one.name == "etag") {
    into.etag = std::move(*text);
  } else {
    return invalid("a subscription has no member " + one.name);
  }
  return {};
}

result<void> check(const subscription_wish& wanted) {
  const bool by_type = !wanted.types.empty() || !wanted.prefix.empty();
  if (wanted.flow && by_type) return invalid("flow excludes types and prefix");
  if (wanted.query && (by_type || wanted.flow || wanted.from)) {
    return invalid("query excludes from, types, prefix and flow");
  }
  if (!wanted.query && !wanted.etag.empty()) return invalid("etag belongs to query");
  return {};
}

}  // namespace

bool subscription_wish::wants(std::string_view type) const {
  if (types.empty() && prefix.empty()) return true;
  if (!prefix.empty() && type.starts_with(prefix)) return true;
  return std::find(types.begin(), types.end(), type) != types.end();
}

result<subscription_message> parse_subscription(std::string_view message) {
  auto members = members_of(message);
  if (!members) return members.error();
  std::string_view kind;
  for (const auto& one : *members) {
    if (one.name == "message") kind = one.value;
  }
  const bool is_credit = kind == "\"credit\"";
  if (!is_credit && kind != "\"subscribe\"") {
    return invalid("the message is \"subscribe\" or \"credit\"");
  }
  subscription_wish made;
  for (const auto& one : *members) {
    if (is_credit && one.name != "message" && one.name != "credit") {
      return invalid("a message of credit has no member " + one.name);
    }
    if (auto taken = take(one, made); !taken) return taken.error();
  }
  if (made.credit > limits::credit_max) {
    return invalid(fmt::format("credit is at most {}", limits::credit_max));
  }
  if (is_credit) return subscription_message{.wish = {}, .credit = made.credit};
  if (auto checked = check(made); !checked) return checked.error();
  return subscription_message{.wish = std::move(made), .credit = 0};
}

}  // namespace millrace::service
