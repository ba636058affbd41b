// What those who follow are told of a commit.
#include "engine/group.hpp"

namespace millrace {

/// In one piece: the router frees them on another thread.
void group::copy_events(committed& into) const {
  into.size = 0;
  for (const auto& row : batch_.events) {
    into.size += row.type.size() + row.payload.size() + row.envelope.size();
  }
  into.texts = std::unique_ptr<char[]>{new char[into.size]};
  into.events.reserve(batch_.events.size());
  char* next = into.texts.get();
  const auto copy = [&next](std::string_view text) {
    const std::string_view made{next, text.size()};
    next += text.copy(next, text.size());
    return made;
  };
  for (const auto& row : batch_.events) {
    into.events.push_back(
        {row.at, copy(row.type), row.time, copy(row.payload), copy(row.envelope)});
  }
}

std::shared_ptr<committed> group::take_committed(bool with_events) {
  auto made = std::make_shared<committed>();
  made->begin = begin_;
  made->end = next_;
  made->in_memory = with_events;
  if (with_events) copy_events(*made);
  made->scheduled = std::move(batch_.scheduled);
  for (auto& entry : activated_) {
    entry.inert = false;
    made->scheduled.push_back(std::move(entry));
  }
  made->unscheduled = std::move(batch_.unscheduled);
  return made;
}

}  // namespace millrace
