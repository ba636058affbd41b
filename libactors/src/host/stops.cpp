#include "host/stops.hpp"

#include "host/host_calls.hpp"
#include "host/watching.hpp"

namespace millrace {
namespace {

using listener = std::function<void(const stopped_flow&)>;

/// Stops are rare: the look into the directory is for them alone.
void tell_flow(const store& stored, const commit_batch::checkpoint_write& written,
               const listener& told) {
  const auto& checkpoint = written.checkpoint;
  if (!checkpoint.has_error_position()) return;
  const auto row = stored.find_flow(written.flow);
  if (!row || !row->has_value()) return;
  told({.key = (*row)->entry.key,
        .at = position{checkpoint.error_position()},
        .message = checkpoint.error_message(),
        .tail = stored.tail()});
}

void tell_type(const store& stored, const v1::FlowType& row, const listener& told) {
  if (!row.has_error_position() || row.retired()) return;
  told({.key = flow_key{row.name()},
        .at = position{row.error_position()},
        .message = row.error_message(),
        .tail = stored.tail()});
}

}  // namespace

result<subscription> watch_stops(host& over, listener told) {
  const auto* stored = over.inside().stored;
  if (stored == nullptr) return error{errc::closed, "the host is not open"};
  return watch_commits(over, [stored, told = std::move(told)](const auto& written, const auto&) {
    for (const auto& each : written.checkpoints) tell_flow(*stored, each, told);
    for (const auto& each : written.flow_types) tell_type(*stored, each, told);
  });
}

}  // namespace millrace
