// Flows that stopped go on, and flows begin anew.
#include <deque>

#include "base/limits.hpp"
#include "host/host_calls.hpp"

namespace millrace {
namespace {

result<void> order(host::parts& parts, const flow_key& key, repair_order what,
                   const pending_answer<void>& answer) {
  const std::shared_lock use{parts.usage};
  if (const auto why = unusable(parts)) return *why;
  parts.running->repair(key, what, answer.keep());
  return {};
}

result<void> repair(host::parts& parts, const flow_key& key, repair_order what) {
  pending_answer<void> answer;
  if (auto ordered = order(parts, key, what, answer); !ordered) return ordered;
  return await(parts, answer, answer_limit);
}

/// What is not stopped any more, or is being repaired by somebody else, is no failure.
result<bool> retried(host::parts& parts, pending_answer<void>& answer) {
  auto outcome = await(parts, answer, answer_limit);
  if (outcome) return true;
  const auto code = outcome.error().code;
  if (code == errc::conflict || code == errc::not_found) return false;
  return outcome.error();
}

}  // namespace

result<void> host::retry(const flow_key& key) {
  return repair(*parts_, key, {.what = repair_order::kind::retry});
}

result<void> host::skip(const flow_key& key) {
  return repair(*parts_, key, {.what = repair_order::kind::skip});
}

result<void> host::reset(const flow_key& key, reset_options options) {
  return repair(*parts_, key,
                {.what = repair_order::kind::reset, .accept_history = options.accept_history});
}

/// Many at once share their commits; a bounded number is under way.
result<std::size_t> host::retry_all(const retry_filter& which) {
  std::vector<flow_key> stopped;
  auto listed = flows(
      [&](const flow_summary& one) {
        const bool fits = one.error_message.find(which.error) != std::string::npos;
        if (one.status == flow_status::stopped && one.hosted && fits) stopped.push_back(one.key);
      },
      which.type);
  if (!listed) return listed.error();
  std::size_t count = 0;
  std::deque<pending_answer<void>> under_way;
  for (auto next = stopped.begin(); next != stopped.end() || !under_way.empty();) {
    if (next != stopped.end() && under_way.size() < limits::repairs_under_way_max) {
      auto& answer = under_way.emplace_back();
      if (auto ordered = order(*parts_, *next++, {}, answer); !ordered) return ordered.error();
      continue;
    }
    auto done = retried(*parts_, under_way.front());
    if (!done) return done.error();
    count += *done ? 1 : 0;
    under_way.pop_front();
  }
  return count;
}

}  // namespace millrace
