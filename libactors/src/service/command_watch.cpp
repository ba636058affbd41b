#include "service/command_watch.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <queue>

#include "base/service_limits.hpp"
#include "millrace/envelope.pb.h"
#include "store/store.hpp"

namespace millrace::service {
namespace {

void show(consequences& to, const event_row& row) {
  v1::Envelope envelope;
  if (!envelope.ParseFromArray(row.envelope.data(), static_cast<int>(row.envelope.size()))) return;
  if (!envelope.has_cause()) return;
  to.add({.at = row.at,
          .cause = position{envelope.cause()},
          .type = row.type,
          .correlation = envelope.correlation_id(),
          .is_scheduled = envelope.has_due()});
}

/// None when the host is closed: then there is nothing to be told either.
subscription stops_of(host& over, std::function<void(const stopped_flow&)> told) {
  auto made = watch_stops(over, std::move(told));
  return made ? std::move(*made) : subscription{};
}

}  // namespace

command_feed::command_feed(host& over, const store& stored, const known_types& known,
                           std::function<void()> told)
    : stored_(stored),
      known_(known),
      told_(std::move(told)),
      next_(over.tail()),
      stop_news_(stops_of(over, [this](const stopped_flow& what) { on_stop(what); })),
      events_(over.subscribe({.from = next_, .types = {}},
                             [this](delivery what, const event* seen) { on_event(what, seen); })) {}

void command_feed::on_event(delivery what, const event* seen) {
  const std::lock_guard locked{guard_};
  if (what == delivery::caught_up) {
    if (!stops_.empty()) told_();
    return;
  }
  next_ = seen->at.next();
  const auto cause = seen->cause();
  if (!cause) return;
  bool any = false;
  for (auto* each : waiting_) {
    each->add({.at = seen->at,
               .cause = cause,
               .type = seen->type,
               .correlation = seen->correlation_id(),
               .is_scheduled = seen->due().has_value()});
    any = any || each->answer() || each->is_full();
  }
  if (any) told_();
}

void command_feed::on_stop(const stopped_flow& what) {
  if (!is_topic(what.key)) return;
  const std::lock_guard locked{guard_};
  std::erase_if(stops_, [&](const stopped_flow& each) { return each.key == what.key; });
  stops_.push_back(what);
  if (stops_.size() > limits::command_stops_max) stops_.pop_front();
  told_();
}

bool command_feed::is_topic(const flow_key& key) const {
  const auto type = known_.table.find(key.type());
  return type && known_.table.types()[*type]->topic;
}

/// Reads what has been seen already, and is from then on shown the rest. Under no lock while it
/// reads, so that it holds up nobody: what comes meanwhile is less each time.
result<void> command_feed::join(consequences& of, position from) {
  for (;;) {
    position until;
    {
      const std::lock_guard locked{guard_};
      if (next_ <= from) {
        waiting_.push_back(&of);
        return {};
      }
      until = next_;
    }
    auto read = stored_.scan(from, until, [&](const event_row& row) {
      show(of, row);
      return !of.answer() && !of.is_full();
    });
    if (!read) return read;
    from = until;
  }
}

/// Under the lock. A stop counts when all that came before it was seen: an answer may be there.
std::optional<command_end> command_feed::end_of(const consequences& of) const {
  if (of.answer()) return command_end{.answer = of.answer(), .stopped = {}};
  for (const auto& each : stops_) {
    if (of.has(each.at) && each.tail <= next_) return command_end{.answer = {}, .stopped = each};
  }
  if (of.is_full()) return command_end{.answer = {}, .stopped = {}, .is_full = true};
  return std::nullopt;
}

std::optional<command_end> command_feed::look(const consequences& of) const {
  const std::lock_guard locked{guard_};
  return end_of(of);
}

void command_feed::leave(consequences& of) {
  const std::lock_guard locked{guard_};
  std::erase(waiting_, &of);
}

std::shared_ptr<command_feed> command_watch::join(host& over, const store& stored,
                                                  const known_types& known,
                                                  std::function<void()> told) {
  const std::lock_guard locked{guard_};
  auto running = running_.lock();
  if (!running) {
    running = std::make_shared<command_feed>(over, stored, known, std::move(told));
    running_ = running;
  }
  return running;
}

result<position> look_back(const store& from, consequences& of) {
  auto routed = from.routed();
  if (!routed) return routed.error();
  std::priority_queue<position, std::vector<position>, std::greater<>> next;
  next.push(of.command());
  while (!next.empty() && !of.answer() && !of.is_full()) {
    const std::array<position, 1> at{next.top()};
    next.pop();
    auto read = from.fetch(at, [&](const event_row& row) {
      show(of, row);
      return true;
    });
    if (!read) return read.error();
    if (!of.has(at[0])) continue;
    auto effects = from.effects(at[0]);
    if (!effects) return effects.error();
    for (const auto each : *effects) {
      if (each < *routed) next.push(each);
    }
  }
  return std::max(*routed, of.command().next());
}

}  // namespace millrace::service
