#include "host/watching.hpp"

#include "host/host_calls.hpp"

namespace millrace {
namespace {

/// Its use is noted by the caller.
result<engine_inspection> inspected(host::parts& own, const flow_key& key) {
  if (const auto why = unusable(own)) return *why;
  pending_answer<engine_inspection> asked;
  own.running->inspect(key, asked.keep());
  return await(own, asked);
}

}  // namespace

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

result<void> watch_batches(host& over, batch_watcher watcher) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  own.running->watch_batches(std::move(watcher));
  return {};
}

result<std::optional<flow_number>> number_of(host& over, const flow_key& key) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  auto seen = inspected(own, key);
  if (!seen) return seen.error();
  return seen->flow;
}

struct wait_for_flows::shared {
  mutable std::mutex guard;
  std::optional<result<void>> outcome;
};

wait_for_flows::wait_for_flows(host& over, std::optional<position> at, std::function<void()> told)
    : shared_(std::make_shared<shared>()) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) {
    shared_->outcome = result<void>{*why};
    return;
  }
  const auto answer = [to = std::weak_ptr{shared_}, told = std::move(told)](result<void> outcome) {
    const auto asker = to.lock();
    if (!asker) return;
    {
      const std::lock_guard locked{asker->guard};
      asker->outcome = std::move(outcome);
    }
    told();
  };
  at ? own.running->wait(*at, shared_, answer) : own.running->when_caught_up(shared_, answer);
}

std::optional<result<void>> wait_for_flows::outcome() const {
  const std::lock_guard locked{shared_->guard};
  return shared_->outcome;
}

result<routed_inbox> written_inbox(host& over, const flow_key& key) {
  auto& own = over.inside();
  const std::shared_lock use{own.usage};
  auto seen = inspected(own, key);
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
