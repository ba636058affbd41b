#include "host/watching.hpp"

#include "host/host_calls.hpp"

namespace millrace {

result<engine_loads> loads_of(host& over, std::vector<flow_number> flows) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  pending_answer<engine_loads> answer;
  own.running->loads(std::move(flows), answer.keep());
  return await(own, answer, answer_limit);
}

result<subscription> watch_commits(host& over, commit_watcher watcher) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  return own.running->watch_commits(std::move(watcher));
}

result<routed_inbox> written_inbox(host& over, const flow_key& key) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  pending_answer<engine_inspection> asked;
  own.running->inspect(key, asked.keep());
  auto seen = await(own, asked);
  if (!seen) return seen.error();
  routed_inbox made{.flow = seen->flow, .routed = seen->routed};
  if (!seen->flow || !seen->latest) return made;
  auto stored = own.stored->find_flow(*seen->flow);
  if (!stored) return stored.error();
  if (*stored && (*stored)->latest && *(*stored)->latest >= *seen->latest) return made;
  pending_answer<void> written;
  own.running->write_derived({key, build_of(seen->served)}, *seen->latest, written.keep());
  if (auto done = await(own, written); !done) return done.error();
  return made;
}

}  // namespace millrace
