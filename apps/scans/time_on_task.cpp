#include "scans/time_on_task.hpp"

#include <algorithm>

namespace scans {
namespace {

/// Forgets the oldest day.
void make_room(TimeOnTaskState& state) {
  auto& days = *state.mutable_days();
  if (days.size() <= static_cast<std::size_t>(time_on_task::days_max)) return;
  const auto oldest = std::min_element(
      days.begin(), days.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  days.erase(oldest);
}

}  // namespace

void time_on_task::given(const NewImageDetected& e) {
  state.set_user(e.user());
  const auto& at = e.detected_at();
  auto& day = (*state.mutable_days())[day_of(at)];
  day.set_images(day.images() + 1);
  if (!day.has_first_at() || at.seconds() < day.first_at().seconds()) *day.mutable_first_at() = at;
  if (!day.has_last_at() || at.seconds() > day.last_at().seconds()) *day.mutable_last_at() = at;
  make_room(state);
}

void time_on_task::given(const TimeOffTask& e) {
  const auto found = state.mutable_days()->find(day_of(e.from()));
  if (found == state.mutable_days()->end() || e.kind() == SHIFT_END) return;
  auto& day = found->second;
  day.set_off_seconds(day.off_seconds() +
                      static_cast<std::uint64_t>(e.until().seconds() - e.from().seconds()));
  if (e.kind() == LUNCH) {
    day.set_lunches(day.lunches() + 1);
  } else {
    day.set_breaks(day.breaks() + 1);
  }
}

std::uint64_t seconds_on_task(const TimeOnTaskState::Day& day) {
  const auto span = static_cast<std::uint64_t>(day.last_at().seconds() - day.first_at().seconds());
  return span > day.off_seconds() ? span - day.off_seconds() : 0;
}

}  // namespace scans
