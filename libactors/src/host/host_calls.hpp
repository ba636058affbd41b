/// How the host's calls ask the engine and wait for its answers.
#pragma once

#include <optional>

#include "host/host_parts.hpp"
#include "host/pending_answer.hpp"

namespace millrace {

/// Why no call can be made; none: the host is open and its engine works.
[[nodiscard]] inline std::optional<error> unusable(const host::parts& parts) {
  if (!parts.running) return error{errc::closed, "the host is not open"};
  return parts.running->failure();
}

/// What an id is taken for that was appended before: see host::append; or an error of its own, when
/// type or payload are others: conflict, and nothing is appended.
enum class same_id { is_repeat, must_be_same_event };
[[nodiscard]] future<result<std::vector<position>>> append_to(host& over,
                                                              std::vector<new_event> events,
                                                              append_condition condition,
                                                              same_id means);

inline constexpr duration answer_limit = std::chrono::minutes{1};

/// Waits for the answer; in virtual time lets everything run first. Errors: timed_out; the
/// answer's.
template <class T>
result<T> await(host::parts& parts, pending_answer<T>& answer, duration limit = answer_limit) {
  if (parts.in_virtual_time) {
    parts.in_virtual_time->run_all();
    limit = duration{0};
  }
  auto outcome = answer.take();
  if (outcome.wait_for(limit) != std::future_status::ready) {
    return error{errc::timed_out, "the time limit passed first"};
  }
  return outcome.get();
}

}  // namespace millrace
