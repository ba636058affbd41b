// How a runner comes to a state again that was not saved: silent replay.
#include <fmt/format.h>

#include "flow/rules.hpp"
#include "flow/runner.hpp"

namespace millrace {

result<void> runner::replay(const observation& seen) {
  const auto wrong = guarded([&] { return refold(seen); });
  if (!wrong) return {};
  return error{errc::corrupt,
               fmt::format("{}: replay of {}: {}", key_.text(), seen.what->at.value, *wrong)};
}

/// Turns that begin or end a life, skip, or meet a void timer are snapshots, so that none of it is
/// in the replayed stretch.
complaint runner::refold(const observation& seen) {
  const event& what = *seen.what;
  const bool saved = checkpoint_.has_snapshot() && what.at.value <= checkpoint_.snapshot();
  if (!alive() || saved || !is_known(what.at)) return std::nullopt;
  saver_.weigh(what.type, what.payload);
  const auto observed = type_.find(what.type);
  if (observed < type_.observes.size()) {
    if (what.body == nullptr) return fmt::format("payload does not decode as {}", what.type);
    if (!rules::is_folded_before(what, key_, {checkpoint_.life()})) give(observed, what, what.at);
  }
  return fold_recorded(what, seen.recorded);
}

/// The own words among what is recorded, as they were folded then.
complaint runner::fold_recorded(const event& cause, std::span<const event> recorded) {
  for (event own : recorded) {
    saver_.weigh(own.type, own.payload);
    const auto observed = type_.find(own.type);
    if (own.due() || observed == type_.observes.size()) continue;
    if (own.body == nullptr) return fmt::format("payload does not decode as {}", own.type);
    own.at = unplaced;
    own.time = cause.time;
    if (rules::reaches_self(type_, observed, own, key_)) give(observed, own, cause.at);
  }
  return std::nullopt;
}

}  // namespace millrace
