// host::adopt: imported flows begin to be run here.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "host/adoption.hpp"
#include "host/host_calls.hpp"

namespace millrace {
namespace {

/// Whether its flows are inert; none: there is no such type.
result<std::optional<bool>> is_inert(const store& from, std::string_view type) {
  auto rows = from.flow_types();
  if (!rows) return rows.error();
  std::optional<bool> inert;
  for (const auto& row : *rows) {
    if (row.name() == type && !row.retired()) inert = row.inert();
  }
  return inert;
}

result<adoption_plan> plan(host::parts& own, const std::string& type) {
  const std::shared_lock use{own.usage};
  if (const auto why = unusable(own)) return *why;
  auto inert = is_inert(*own.stored, type);
  if (!inert) return inert.error();
  if (!*inert) return error{errc::not_found, "no import brought flows of a type " + type};
  auto made = plan_adoption(*own.stored, type, own.time->now());
  if (!made) return made.error();
  if (!**inert && made->overdue.empty() && made->later.empty()) {
    return error{errc::conflict, type + " is not waiting to be adopted: it runs here"};
  }
  return made;
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

/// In slices: a transaction has its limits.
result<void> free_timers(host::parts& own, const std::vector<schedule_entry>& timers, bool fire) {
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

}  // namespace

result<adoption> host::adopt(std::string_view type, std::optional<overdue_timers> overdue) {
  auto& own = *parts_;
  const std::string name{type};
  auto timers = plan(own, name);
  if (!timers) return timers.error();
  if (!timers->overdue.empty() && !overdue) {
    return error{errc::conflict, fmt::format("{} timers that reach {} are overdue: say whether "
                                             "they fire, are skipped, or are kept",
                                             timers->overdue.size(), type)};
  }
  auto waiting = ask<std::uint64_t>(
      own, [&](engine& running, auto done) { running.adopt(name, std::move(done)); });
  if (!waiting) return waiting.error();
  adoption made{
      .flows = *waiting, .activated = timers->later.size(), .overdue = timers->overdue.size()};
  if (auto freed = free_timers(own, timers->later, true); !freed) return freed.error();
  if (!overdue || *overdue == overdue_timers::keep) return made;
  const bool fire = *overdue == overdue_timers::fire;
  if (auto freed = free_timers(own, timers->overdue, fire); !freed) return freed.error();
  if (fire) made.activated += timers->overdue.size();
  return made;
}

}  // namespace millrace
