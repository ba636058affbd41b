#include "host/built_result.hpp"

#include <fmt/format.h>

namespace millrace {

const flow_type* code_of(const interest_table& interest, std::string_view name,
                         std::uint32_t version) {
  for (const auto index : interest.versions(name)) {
    const auto& type = *interest.types()[index];
    if (version == 0 || version == static_cast<std::uint32_t>(type.version)) return &type;
  }
  return nullptr;
}

result<instance_at> built_result::take(const std::optional<flow_row>& flow, position at) const {
  if (!flow) return instance_at{.at = at};
  auto loaded = from_.load(flow->entry.number);
  if (!loaded) return loaded.error();
  if (!*loaded) loaded->emplace();
  const auto& checkpoint = (*loaded)->checkpoint;
  auto why = why_not_there(*flow, checkpoint, at);
  if (!why) return why.error();
  if (!why->empty()) return instance_at{.why = std::move(*why), .at = at};
  if (!checkpoint.has_position()) return instance_at{.at = at};  // all of its events come later
  const position reached{checkpoint.position()};
  if (reached <= at) {
    if (!checkpoint.has_life()) return instance_at{.at = at};
    if (checkpoint.has_snapshot() && checkpoint.snapshot() == reached.value) {
      return instance_at{.alive = true,
                         .at = at,
                         .state = std::move((*loaded)->state),
                         .is_json = checkpoint.state_json()};
    }
  }
  if (code_ == nullptr) return as_saved(*flow, std::move(**loaded), at);
  auto made = fold(*flow, std::move(**loaded), std::min(reached, at));
  if (made) made->at = at;
  return made;
}

/// It stopped on an event up to `at`, or has such an event still before it. Empty: it was there.
result<std::string> built_result::why_not_there(const flow_row& flow,
                                                const v1::Checkpoint& checkpoint,
                                                position at) const {
  if (checkpoint.has_error_position() && checkpoint.error_position() <= at.value) {
    return fmt::format("version {} stopped on event {}: {}", version_, checkpoint.error_position(),
                       checkpoint.error_message());
  }
  std::optional<position> reached;
  if (checkpoint.has_position()) reached = position{checkpoint.position()};
  if (!flow.latest || (reached && *reached >= std::min(at, *flow.latest))) return std::string{};
  auto next = from_.postings(flow.entry.number, reached, 1);
  if (!next) return next.error();
  if (next->empty() || next->front().at > at) return std::string{};
  return fmt::format("version {} has not handled event {} yet", version_, next->front().at.value);
}

result<instance_at> built_result::fold(const flow_row& flow, loaded_flow loaded,
                                       position end) const {
  const flow_at_rest rests{.type = code_, .entry = flow.entry, .loaded = std::move(loaded)};
  const auto inbox = [&](std::optional<position> after, std::size_t limit) {
    return from_.postings(flow.entry.number, after, limit);
  };
  auto then = fold_back(from_, types_, rests, end, inbox);
  if (!then) {
    const auto& failed = then.error();
    if (failed.code == errc::storage_failed) return failed;
    return instance_at{.why = fmt::format("version {}: {}", version_, failed.message)};
  }
  return instance_at{.alive = then->alive, .state = std::move(then->state).value_or("")};
}

/// Without code the state cannot be brought on from where it was saved, nor back. Turns that begin
/// or end a life are saved: at the last one it was as alive as it is now.
result<instance_at> built_result::as_saved(const flow_row& flow, loaded_flow loaded,
                                           position at) const {
  const auto& checkpoint = loaded.checkpoint;
  if (!checkpoint.has_snapshot() || checkpoint.snapshot() > at.value) {
    return instance_at{
        .why = fmt::format("this program has no version {} to fold it again with", version_)};
  }
  if (!checkpoint.has_life()) return instance_at{.at = at};
  const position saved{checkpoint.snapshot()};
  auto next = from_.postings(flow.entry.number, saved, 1);
  if (!next) return next.error();
  const bool is_all = next->empty() || next->front().at > at;
  return instance_at{.alive = true,
                     .at = is_all ? at : saved,
                     .state = std::move(loaded.state),
                     .is_json = checkpoint.state_json()};
}

}  // namespace millrace
