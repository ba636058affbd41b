// host::adopt: imported flows begin to be run here.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "host/adoption.hpp"
#include "host/host_calls.hpp"

namespace millrace {
namespace {

result<adoption_plan> plan(host::parts& own, const std::string& type, timestamp now) {
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  return plan_adoption(*own.stored, type, now);
}

result<last_causes> decisions(host::parts& own, const std::string& type) {
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  return imported_decisions(*own.stored, type);
}

/// Asks the engine and waits.
template <class Answer, class Ask>
result<Answer> ask(host::parts& own, const Ask& call) {
  pending_answer<Answer> answer;
  {
    const std::shared_lock use{own.usage};
    if (const auto why = unusable(own)) return *why;
    call(*own.running, answer.keep());
  }
  return await(own, answer);
}

/// What its flows emitted before they came here says how far each had come: a checkpoint for each,
/// without a state. Gives their number.
result<std::uint64_t> take_decisions(host::parts& own, const std::string& type) {
  auto found = decisions(own, type);
  if (!found) return found.error();
  import_request request;
  const auto submit = [&] {
    return ask<void>(own, [&](engine& running, engine_answer<void> done) {
      request.done = std::move(done);
      running.import(std::exchange(request, {}));
    });
  };
  for (const auto& [key, cause] : *found) {
    auto& made = request.checkpoints.emplace_back();
    made.key = flow_key::parse(key);
    made.checkpoint.set_position(cause.value);
    if (request.checkpoints.size() < limits::behind_read_max) continue;
    if (auto taken = submit(); !taken) return taken.error();
  }
  if (!request.checkpoints.empty()) {
    if (auto taken = submit(); !taken) return taken.error();
  }
  return found->size();
}

/// In slices: a transaction has its limits.
result<void> free_slices(host::parts& own, const std::vector<schedule_entry>& timers, bool fire) {
  for (std::size_t from = 0; from < timers.size(); from += limits::fire_batch_max) {
    const auto end = std::min(from + limits::fire_batch_max, timers.size());
    timers_request request;
    for (auto i = from; i < end; ++i) {
      if (fire) {
        request.activated.push_back(timers[i]);
      } else {
        request.skipped.push_back(timers[i].at);
      }
    }
    auto freed = ask<void>(own, [&](engine& running, engine_answer<void> done) {
      request.done = std::move(done);
      running.free_timers(std::move(request));
    });
    if (!freed) return freed;
  }
  return {};
}

/// A page of the schedule after the other, however many there are: those due at `now` or before as
/// is said, later ones in any case.
result<void> free_timers(host::parts& own, const std::string& type, timestamp now,
                         overdue_timers overdue) {
  std::optional<freed_timers> timers;
  for (;;) {
    std::vector<schedule_entry> late;
    std::vector<schedule_entry> later;
    {
      const std::shared_lock use{own.usage};
      if (const auto why = unusable(own)) return *why;
      if (!timers) timers.emplace(*own.stored, type);
      auto page = timers->next();
      if (!page) return page.error();
      if (!*page) return {};
      for (auto& one : **page) (one.due <= now ? late : later).push_back(std::move(one));
    }
    if (auto freed = free_slices(own, later, true); !freed) return freed;
    if (overdue == overdue_timers::keep) continue;
    if (auto freed = free_slices(own, late, overdue == overdue_timers::fire); !freed) return freed;
  }
}

}  // namespace

result<adoption> host::adopt(std::string_view type, std::optional<overdue_timers> overdue) {
  auto& own = *parts_;
  const std::string name{type};
  const auto now = own.time->now();
  auto timers = plan(own, name, now);
  if (!timers) return timers.error();
  if (timers->overdue > 0 && !overdue) {
    return error{errc::conflict, fmt::format("{} timers that reach {} are overdue: say what "
                                             "becomes of them (--overdue fire, skip or keep)",
                                             timers->overdue, type)};
  }
  auto decided = take_decisions(own, name);
  if (!decided) return decided.error();
  auto waiting = ask<std::uint64_t>(
      own, [&](engine& running, auto done) { running.adopt(name, *decided > 0, std::move(done)); });
  if (!waiting) return waiting.error();
  auto freed = free_timers(own, name, now, overdue.value_or(overdue_timers::keep));
  if (!freed) return freed.error();
  return timers->outcome(std::max(*waiting, *decided), overdue);
}

}  // namespace millrace
