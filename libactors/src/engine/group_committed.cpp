// What those who follow are told of a commit.
#include "engine/group.hpp"

namespace millrace {

std::shared_ptr<committed> group::take_committed(bool with_events) {
  auto made = std::make_shared<committed>();
  made->begin = begin_;
  made->end = next_;
  made->in_memory = with_events;
  if (with_events) {
    made->events = std::move(batch_.events);
    made->owners = std::move(owners_);
    made->size = texts_size_;
  }
  made->scheduled = std::move(batch_.scheduled);
  for (auto& entry : activated_) {
    entry.inert = false;
    made->scheduled.push_back(std::move(entry));
  }
  made->unscheduled = std::move(batch_.unscheduled);
  return made;
}

}  // namespace millrace
