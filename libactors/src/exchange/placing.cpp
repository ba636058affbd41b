#include "exchange/placing.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "wire/system_events.hpp"

namespace millrace::exchange {

namespace {

/// What the event does to the schedule, as the engine does it when it appends one.
void place_on_schedule(const event_row& row, const v1::Envelope& envelope, part& into) {
  if (envelope.from_schedule() && envelope.has_cause()) {
    into.unscheduled.push_back({envelope.cause()});
  }
  if (!envelope.has_due()) return;
  auto& entry = into.scheduled.emplace_back();
  entry.at = row.at;
  entry.due = timestamp{duration{envelope.due()}};
  entry.type = row.type;
  entry.flow = envelope.emitter();
  if (!entry.flow.empty() && envelope.has_cause()) entry.set_by = position{envelope.cause()};
}

}  // namespace

bool check_order(position at, position next, complaint& wrong) {
  if (at.value > limits::imported_position_max) {
    return wrong.say(
        fmt::format("its position, {}, leaves no room for what comes after it; the "
                    "limit is {}",
                    at.value, limits::imported_position_max));
  }
  if (at >= next) return true;
  return wrong.say(fmt::format("its position, {}, does not come after {}, the last one", at.value,
                               next.value - 1));
}

bool place(const event_row& row, const v1::Envelope& envelope, part& into, complaint& wrong) {
  const auto size = row.envelope.empty() ? envelope.ByteSizeLong() : row.envelope.size();
  if (!wrong.check_size("an event", row.type.size() + row.payload.size() + size,
                        limits::event_size_max)) {
    return false;
  }
  auto& added = into.events.emplace_back(row);
  added.type = into.arena.copy(row.type);
  if (row.envelope.empty()) {
    char* const encoded = into.arena.room(size);
    envelope.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(encoded));
    added.envelope = {encoded, size};
  }
  if (!envelope.id().empty()) into.ids.push_back({envelope.id(), row.at, row.time});
  if (row.type == timers_cancelled_type) return true;
  place_on_schedule(added, envelope, into);
  return true;
}

}  // namespace millrace::exchange
