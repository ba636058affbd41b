#include "service/appending.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/service_limits.hpp"
#include "host/host_calls.hpp"
#include "service/problem.hpp"

namespace millrace::service {
namespace {

/// Events without an id get one of the key: the same request appends them once.
result<void> take_key(const call& asked, new_events& events) {
  auto key = asked.asked.header_of("idempotency-key");
  if (!key) return {};
  if (key->size() > 1 && key->front() == '"' && key->back() == '"') {
    key = key->substr(1, key->size() - 2);
  }
  const bool visible =
      std::all_of(key->begin(), key->end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (key->empty() || key->size() > limits::idempotency_key_size_max || !visible) {
    return error{errc::invalid, fmt::format("Idempotency-Key has 1 to {} visible ASCII characters",
                                            limits::idempotency_key_size_max)};
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].id.empty()) events[i].id = fmt::format("{} {}/{}", *key, i + 1, events.size());
  }
  return {};
}

result<void> check_causes(const new_events& events, position tail) {
  for (const auto& one : events) {
    if (!one.cause || *one.cause < tail) continue;
    return error{errc::not_found,
                 fmt::format("there is no event at position {} to be the cause", one.cause->value)};
  }
  return {};
}

/// A condition that does not hold, or an id that stands for something else already.
response refusal_of(const call& asked, const error& why) {
  const bool has_condition = asked.asked.header_of("if-match").has_value();
  if (why.code == errc::conflict) return problem(has_condition ? 412 : 422, why);
  return why.code == errc::unknown_type ? problem(422, why) : problem(why);
}

}  // namespace

bool appended_events::all_repeated() const {
  return std::all_of(at.begin(), at.end(), [&](position each) { return each < tail_before; });
}

std::variant<appended_events, response> append_now(const call& asked, new_events events,
                                                   const append_condition& condition) {
  auto& over = asked.of.over;
  if (auto keyed = take_key(asked, events); !keyed) return problem(keyed.error());
  const auto tail = over.tail();
  if (auto known = check_causes(events, tail); !known) return problem(400, known.error());
  auto at = append_to(over, std::move(events), condition, same_id::must_be_same_event).get();
  if (!at) return refusal_of(asked, at.error());
  return appended_events{std::move(*at), tail};
}

}  // namespace millrace::service
