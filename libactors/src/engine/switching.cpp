#include "engine/switching.hpp"

#include <fmt/format.h>

#include "store/builds.hpp"

namespace millrace {

result<void> check_caught_up(const store& stored, const v1::FlowType& served,
                             const v1::FlowType& next) {
  const position end{served.retired() ? served.frozen_at() : served.routed()};
  if (next.routed() < end.value) {
    return error{errc::conflict,
                 fmt::format("{} is not made up to {} yet, where the served result is: it is at {}",
                             next.name(), end.value, next.routed())};
  }
  std::size_t behind = 0;
  auto read = stored.flows(next.name(), [&](const flow_row& flow) {
    const auto& checkpoint = flow.checkpoint;
    const auto wanted = flow.latest ? std::min(flow.latest->value + 1, end.value) : 0;
    const auto handled = checkpoint.has_position() ? checkpoint.position() + 1 : 0;
    const bool is_new = flow.entry.build == build_of(next);
    if (is_new && !checkpoint.has_error_position() && handled < wanted) ++behind;
    return true;
  });
  if (!read) return read;
  if (behind == 0) return {};
  return error{errc::conflict, fmt::format("{} of {} have not handled what the served result has",
                                           behind, next.name())};
}

error nothing_to_switch(const std::string& type) {
  return {errc::conflict, type + " is served in its newest build"};
}

}  // namespace millrace
