#include "store/rules.hpp"

#include <algorithm>

#include "base/invariant.hpp"

namespace millrace {

result<void> store::commit(const commit_batch& batch) {
  if (auto done = write(batch); !done || !batch.needs_flush) return done;
  return flush();
}

bool commit_batch::empty() const {
  return events.empty() && ids.empty() && scheduled.empty() && unscheduled.empty() &&
         activated.empty() && flows.empty() && checkpoints.empty() && postings.empty() &&
         effects.empty() && flow_types.empty() && imports.empty() && !routed && rewritten.empty() &&
         erased.empty() && rewritten_effects.empty() && dropped.empty();
}

void require_valid(const commit_batch& batch, position tail, std::uint32_t flow_count) {
  position next = tail;
  for (const event_row& event : batch.events) {
    MILLRACE_INVARIANT_CMP(event.at.value, >=, next.value);
    MILLRACE_INVARIANT_CMP(event.at.value, <=, limits::position_max);
    next = event.at.next();
  }
  std::uint32_t count = flow_count;
  for (const flow_entry& flow : batch.flows) {
    count = std::max(count, static_cast<std::uint32_t>(flow.number) + 1);
  }
  for (const auto& write : batch.checkpoints) {
    MILLRACE_INVARIANT_CMP(static_cast<std::uint32_t>(write.flow), <, count);
  }
  for (const auto& write : batch.rewritten) {
    MILLRACE_INVARIANT_CMP(static_cast<std::uint32_t>(write.entry.number), <, count);
  }
  for (const auto write : batch.postings) {
    MILLRACE_INVARIANT_CMP(static_cast<std::uint32_t>(write.flow), <, count);
  }
}

bool is_of_type(std::string_view key, std::string_view type) {
  return type.empty() ||
         (key.starts_with(type) && (key.size() == type.size() || key[type.size()] == '|'));
}

bool is_pending(std::optional<position> latest, const v1::Checkpoint& checkpoint) {
  if (!latest || checkpoint.has_error_position()) return false;
  return !checkpoint.has_position() || latest->value > checkpoint.position();
}

}  // namespace millrace
