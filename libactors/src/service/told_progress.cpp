#include "service/told_progress.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::service {
namespace {

std::string message(const char* kind, position at) {
  return fmt::format("{{\"message\":\"{}\",\"position\":{}}}", kind, at.value);
}

}  // namespace

std::vector<std::string> told_progress::at(const reached& now, timestamp steady) {
  std::vector<std::string> made;
  const bool behind = now.blocked || now.tail.value - now.next.value > limits::subscription_near;
  if (behind && caught_up_) {
    made.push_back(message("fell_behind", now.next));
    caught_up_ = false;
    told_ = std::max(told_, now.next);
  } else if (now.next == now.tail && !caught_up_) {
    made.push_back(message("caught_up", now.next));
    caught_up_ = true;
    told_ = now.next;
    said_ = steady;
  }
  if (const auto wait = due_in(now, steady); wait && *wait <= duration{0}) {
    made.push_back(message("position", now.next));
    told_ = now.next;
    said_ = steady;
  }
  return made;
}

std::optional<duration> told_progress::due_in(const reached& now, timestamp steady) const {
  if (now.next <= told_) return std::nullopt;
  if (!said_) return duration{0};
  return std::max(duration{0}, *said_ + limits::position_interval - steady);
}

}  // namespace millrace::service
