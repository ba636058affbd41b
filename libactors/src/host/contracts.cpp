#include "host/contracts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "host/host_calls.hpp"

namespace millrace {
namespace {

result<void> check(const lag_contracts& agreed, const interest_table& table) {
  for (const auto& [type, most] : agreed.of_type) {
    if (table.find(type)) continue;
    return error{errc::invalid, fmt::format("there is no flow type {} here to agree upon a lag "
                                            "with",
                                            type)};
  }
  return {};
}

}  // namespace

std::uint64_t max_lag_of(const lag_contracts& agreed, const std::string& type) {
  const auto own = agreed.of_type.find(type);
  return std::min(own == agreed.of_type.end() ? agreed.all : own->second, limits::position_max);
}

result<void> agree_on_lag(host& over, const lag_contracts& agreed) {
  auto& own = over.inside();
  pending_answer<void> answer;
  {
    const std::shared_lock use{own.usage};
    if (const auto why = unusable(own)) return *why;
    if (auto known = check(agreed, *own.interest); !known) return known;
    std::vector<std::uint64_t> by_type;
    for (const auto& each : own.interest->types())
      by_type.push_back(max_lag_of(agreed, each->name));
    own.running->agree_on_lag(std::move(by_type), answer.keep());
  }
  auto done = await(own, answer);
  const std::lock_guard locked{own.lag_guard};
  if (done) own.lag = agreed;
  return done;
}

lag_contracts lag_contracts_of(host& over) {
  const std::lock_guard locked{over.inside().lag_guard};
  return over.inside().lag;
}

std::optional<std::uint64_t> room_for_appends(host& over) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  const auto until = own.running ? own.running->admitted_until() : std::nullopt;
  if (!until) return std::nullopt;
  return until->value - std::min(until->value, own.running->tail().value);
}

}  // namespace millrace
