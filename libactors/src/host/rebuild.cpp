#include "host/rebuild.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "host/host_calls.hpp"

namespace millrace {
namespace {

// Each time less is left to make up for, so few are ever needed.
constexpr int tries_max = 100;

result<routing_plan::moment> moment_of(const store& from) {
  // The tail is read last: what is stored as routed is before it.
  auto routed = from.routed();
  if (!routed) return routed.error();
  auto types = from.flow_types();
  if (!types) return types.error();
  return routing_plan::moment{.rows = std::move(*types), .routed = *routed, .tail = from.tail()};
}

/// Hands requests to the engine, one under way while the next is made.
class sender {
 public:
  explicit sender(host::parts& to) : to_(to) {}

  result<void> send(mend_request request) {
    if (auto done = settle(); !done) return done;
    under_way_ = std::make_shared<mend_request>(std::move(request));
    answer_ = ask();
    return {};
  }
  result<void> settle() {
    for (int tries = 0; under_way_; ++tries) {
      if (to_.in_virtual_time) to_.in_virtual_time->run_all();
      const bool never =
          to_.in_virtual_time && answer_.wait_for(duration{0}) != std::future_status::ready;
      if (never) return error{errc::timed_out, "the engine does not answer"};
      auto outcome = answer_.get();
      if (!outcome) return outcome.error();
      if (outcome->taken) {
        under_way_.reset();
      } else if (tries == tries_max) {
        return error{errc::overloaded, "events are routed faster than what is mended: try again"};
      } else {
        const routing_plan plan{*to_.interest, to_.types, outcome->now};
        if (auto done = bring_up(*under_way_, *to_.stored, plan); !done) return done;
        answer_ = ask();
      }
    }
    return {};
  }

 private:
  future<result<mend_outcome>> ask() {
    pending_answer<mend_outcome> answer;
    to_.running->mend(under_way_, answer.keep());
    return answer.take();
  }

  host::parts& to_;
  std::shared_ptr<mend_request> under_way_;
  future<result<mend_outcome>> answer_;
};

/// In slices, and all removals first: the clock of the engine hears of them in that order.
result<void> mend_timers(host::parts& of, const timer_mends& mends) {
  const auto send = [&of](timers_request request) {
    pending_answer<void> answer;
    request.done = answer.keep();
    of.running->free_timers(std::move(request));
    return await(of, answer);
  };
  const auto slices = [&send](const auto& all, auto timers_request::*where) {
    for (std::size_t begin = 0; begin < all.size(); begin += limits::fire_batch_max) {
      const auto end = std::min(begin + limits::fire_batch_max, all.size());
      timers_request request;
      (request.*where)
          .assign(all.begin() + static_cast<std::ptrdiff_t>(begin),
                  all.begin() + static_cast<std::ptrdiff_t>(end));
      if (auto done = send(std::move(request)); !done) return done;
    }
    return result<void>{};
  };
  if (auto done = slices(mends.removed, &timers_request::removed); !done) return done;
  return slices(mends.added, &timers_request::added);
}

}  // namespace

result<rebuild_counts> compare_derived(const store& from, const known_types& types,
                                       const rebuild_settings& options) {
  auto now = moment_of(from);
  if (!now) return now.error();
  const routing_plan plan{types.table, types.registry, *now};
  return comparison{{.from = from,
                     .plan = plan,
                     .may_use = options.may_use,
                     .report = options.report,
                     .tell = options.tell}}
      .run();
}

result<rebuild_counts> rebuild(host::parts& of, const rebuild_settings& options) {
  const std::shared_lock use{of.usage};
  if (!of.running) return error{errc::closed, "the host is not open"};
  auto now = moment_of(*of.stored);
  if (!now) return now.error();
  const routing_plan plan{*of.interest, of.types, *now};
  sender to{of};
  comparison compared{
      {.from = *of.stored,
       .plan = plan,
       .may_use = options.may_use,
       .report = options.report,
       .tell = options.tell,
       .mend = [&](mend_request request) { return to.send(std::move(request)); },
       .mend_timers = [&](const timer_mends& mends) { return mend_timers(of, mends); }}};
  auto counts = compared.run();
  auto settled = to.settle();
  if (!counts) return counts;
  if (!settled) return settled.error();
  return counts;
}

}  // namespace millrace
