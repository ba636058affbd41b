#include "scans/shift_schedule.hpp"

#include "scans/shop_time.hpp"

namespace scans {
namespace {
constexpr std::int64_t minute = 60;
}

TimeOff classify_pause(const shop_time& from, const shop_time& until, bool had_lunch) {
  const auto pause = until.seconds() - from.seconds();
  if (pause < 5 * minute) return TIME_OFF_UNSPECIFIED;
  if (pause >= 240 * minute || day_of(from) != day_of(until)) return SHIFT_END;
  const auto begun = minute_of_day(from);
  const bool around_midday = begun >= 11 * 60 && begun < 14 * 60;
  const bool long_enough = pause >= 25 * minute && pause <= 95 * minute;
  return around_midday && long_enough && !had_lunch ? LUNCH : BREAK;
}

void shift_schedule::given(const NewImageDetected& e) {
  auto& person = (*state.mutable_people())[e.user()];
  const bool first = !person.has_last_at();
  *person.mutable_previous_at() = first ? e.detected_at() : person.last_at();
  if (first || e.detected_at().seconds() > person.last_at().seconds()) {
    *person.mutable_last_at() = e.detected_at();
  }
}

void shift_schedule::given(const TimeOffTask& e) {
  auto& person = (*state.mutable_people())[e.user()];
  person.set_times_off(person.times_off() + 1);
  if (e.kind() == LUNCH) person.set_lunch_on(day_of(e.from()));
}

void shift_schedule::when(const NewImageDetected& e, millrace::reactions& then) const {
  const auto& person = state.people().at(e.user());
  const auto& from = person.previous_at();
  const auto& until = person.last_at();
  if (until.seconds() - from.seconds() < 5 * minute) return;
  auto& task = then.emit<TimeOffTask>();
  task.set_user(e.user());
  task.set_kind(classify_pause(from, until, person.lunch_on() == day_of(from)));
  *task.mutable_from() = from;
  *task.mutable_until() = until;
}

}  // namespace scans
